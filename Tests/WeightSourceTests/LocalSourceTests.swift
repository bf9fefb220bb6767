import EfficientNet
import Foundation
import Testing
import WeightSources
import Weights
import Zoo

/// Directories of converted weights: the bundled one and the cache.
@Suite struct LocalSourceTests {
    @Test func whereTheCacheIs() {
        #expect(CacheDirectory(environment: ["GRAFT_CACHE": "/a", "XDG_CACHE_HOME": "/b", "HOME": "/c"]).path == "/a")
        #expect(
            CacheDirectory(environment: ["GRAFT_CACHE": "", "XDG_CACHE_HOME": "/b", "HOME": "/c"]).path == "/b/graft")
        #if os(macOS)
            let expected = "/c/Library/Caches/graft"
        #else
            let expected = "/c/.cache/graft"
        #endif
        #expect(CacheDirectory(environment: ["XDG_CACHE_HOME": "relative", "HOME": "/c"]).path == expected)
        #expect(CacheDirectory(path: "/x").weights == "/x/weights")
    }

    @Test func mirrors() throws {
        let url = "https://download.example.org/models/b0.pth"
        #expect(try Download.address(url, environment: [:]).absoluteString == url)
        #expect(
            try Download.address(url, environment: ["GRAFT_MIRROR": "http://127.0.0.1:8080"]).absoluteString
                == "http://127.0.0.1:8080/models/b0.pth")
        #expect(
            line { _ = try Download.address(url, environment: ["GRAFT_MIRROR": "nowhere"]) }
                == "nowhere: GRAFT_MIRROR is not an address: expected http://HOST[:PORT]")
        #expect(
            line { _ = try Download.address("ftp://example.org/x", environment: [:]) }
                == "ftp://example.org/x: not an address to download from: expected http or https")
    }

    @Test func aDirectoryOfWeights() throws {
        let release = try TinyRelease()
        let entry = release.entry("https://example.org/t.pth")
        let directory = release.folder + "/bundle"
        let source = BundledSource(directory: directory)
        #expect(source.locate(entry, of: release.backbone) == nil)
        #expect(try source.load(entry, of: release.backbone) { _ in } == nil)

        let path = try PretrainedWeights.convert(release.checkpoint, entry: entry, of: release.backbone, to: directory)
        #expect(path == directory + "/tiny-v1.npz")
        #expect(source.locate(entry, of: release.backbone) == .file(path))
        let loaded = try #require(try source.load(entry, of: release.backbone) { _ in })
        #expect(loaded.origin == path)
        for name in loaded.tensors.names { #expect(loaded.tensors[name] == release.weights[name]) }
        #expect(BundledSource(environment: ["GRAFT_WEIGHTS": directory]).directories == [directory])
    }

    @Test func aFileThatIsForSomethingElse() throws {
        let release = try TinyRelease()
        let entry = release.entry("https://example.org/t.pth")
        let source = BundledSource(directory: release.folder)
        let path = try PretrainedWeights.convert(
            release.checkpoint, entry: entry, of: release.backbone, to: release.folder)
        let file = try WeightFile(path: path)
        let weights = try file.load()
        var metadata = try #require(file.metadata)
        let remedy = "; remove the file and run: graft fetch tiny/v1"

        var other = weights
        other["fc.bias"] = Tensor(shape: [3], repeating: 9)
        try NPZ.write(other, metadata: metadata, to: path)
        #expect(
            line { _ = try source.load(entry, of: release.backbone) { _ in } }
                == "\(path): the weights are not those that the manifest beside them names: expected "
                + "\(weights.weightsSHA256), found \(other.weightsSHA256)\(remedy)")

        metadata.backbone = "other"
        try NPZ.write(weights, metadata: metadata, to: path)
        #expect(
            line { _ = try source.load(entry, of: release.backbone) { _ in } }
                == "\(path): the file's weights are for something else: expected tiny, found other\(remedy)")

        try NPZ.write(weights, to: path)
        #expect(
            line { _ = try source.load(entry, of: release.backbone) { _ in } }
                == "\(path): the file's weights are for something else: expected tiny, found no description\(remedy)")

        try AtomicFile.write("not a manifest", to: release.folder + "/tiny-v1.json")
        metadata.backbone = "tiny"
        try NPZ.write(weights, metadata: metadata, to: path)
        #expect(
            line { _ = try source.load(entry, of: release.backbone) { _ in } }
                == "\(release.folder)/tiny-v1.json: not a manifest of weights; get the weights again")
    }

    /// The file that comes with Graft: whole, of the stated hash, and fitting the graph tensor by tensor.
    @Test func lite0() throws {
        let backbone = try EfficientNet(variant: "efficientnet_lite0")
        let entry = try backbone.pretrainedEntry(nil)
        let source = BundledSource(environment: [:])
        guard case .file(let path) = source.locate(entry, of: backbone) else {
            Issue.record("weights/efficientnet_lite0-imagenet1k.npz is missing")
            return
        }
        let loaded = try #require(try source.load(entry, of: backbone) { _ in })
        #expect(loaded.sha256 == loaded.tensors.weightsSHA256)
        let manifest = try #require(
            try WeightManifest.read(String(path.dropLast(".npz".count)) + ".json"))
        #expect(manifest.weightsSHA256 == loaded.sha256)
        #expect(manifest.originalSHA256 == entry.sha256Prefix)
        #expect(manifest.originalBytes == entry.bytes)
        let metadata = try #require(try WeightFile(path: path).metadata)
        #expect(metadata.classes == entry.classes)
        #expect(metadata.preprocessing == entry.preprocessing)
    }
}
