import Foundation
import WeightSources
import Weights
import Zoo

/// A backbone whose checkpoint is small and has names of its own, as EfficientNet-Lite's has.
struct TinyBackbone: Backbone {
    static let variants = ["tiny"]
    let name = "tiny"
    let preprocessing = Preprocessing.imageNet(resize: 8, crop: 8, interpolation: .bilinear)
    let classifierPath = "fc"
    let classifierDropout = 0.25

    init() {}
    init(variant: String) throws(GraftError) {}

    @LayerBuilder var features: [any Layer] { Conv(4, kernel: 3, stride: 2).named("stem") }

    func parameterName(forCheckpointName name: String) -> String? {
        guard !name.hasSuffix("num_batches_tracked") else { return nil }
        return name.replacingOccurrences(of: "_stem.", with: "stem.").replacingOccurrences(of: "_fc.", with: "fc.")
    }
}

/// The tiny backbone's published weights, in a directory of their own beside an empty cache.
final class TinyRelease: Sendable {
    let backbone = TinyBackbone()
    let folder: String
    /// The publisher's file.
    let bytes: [UInt8]
    /// By the graph's names.
    let weights: StateDict

    var checkpoint: String { folder + "/published.pth" }
    var source: WebSource { WebSource(CacheDirectory(path: folder + "/cache"), timeout: 20) }

    /// - Parameter classes: the rows of the classifier.
    init(classes: Int = 3) throws {
        folder = NSTemporaryDirectory() + "/graft-sources-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        func tensor(_ shape: [Int]) throws -> Tensor {
            let count = shape.reduce(1, *)
            return try Tensor(shape: shape, elements: (0..<count).map { Float($0) / 7 - Float(count) / 10 })
        }
        var published = StateDict()
        published["_fc.weight"] = try tensor([classes, 4])
        published["_fc.bias"] = try tensor([classes])
        published["_stem.weight"] = try tensor([4, 3, 3, 3])
        published["_stem.num_batches_tracked"] = try tensor([])
        try TorchCheckpoint.write(published, to: folder + "/published.pth")
        bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: folder + "/published.pth")))
        weights = published.renamed { TinyBackbone().parameterName(forCheckpointName: $0) }
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    func entry(_ url: String, hash: String? = nil, bytes: Int? = nil) -> PretrainedEntry {
        PretrainedEntry(
            name: "v1", url: url, sha256Prefix: hash ?? String(Hash.sha256(self.bytes).prefix(8)), bytes: bytes,
            preprocessing: backbone.preprocessing, classes: ["a", "b", "c"], accuracy: 50, licence: "MIT",
            source: "a test")
    }

    /// Everything in the cache but locks, as paths below it.
    var cached: [String] {
        let all = FileManager.default.enumerator(atPath: folder + "/cache")?.compactMap { $0 as? String } ?? []
        return all.filter { $0.contains(".") && !$0.hasSuffix(".lock") }.sorted()
    }
}

/// The one line that a user would see; "no error" where there is none.
func line(_ body: () throws -> Void) -> String {
    do {
        try body()
        return "no error"
    } catch {
        return "\(error)"
    }
}
