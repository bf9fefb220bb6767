import Foundation
import Synchronization
import Testing
import WeightSources
import Weights
import Zoo

/// Fetching from a server on this machine that behaves as badly as servers do.
@Suite struct WebSourceTests {
    private static let files = ["weights/tiny-v1.json", "weights/tiny-v1.npz"]

    private static func remedy(_ url: String) -> String {
        "; download \(url) elsewhere and run: graft fetch tiny/v1 --from FILE"
    }

    @Test func aRightFile() throws {
        let release = try TinyRelease()
        let server = try LocalServer { request, _ in .file(release.bytes, request) }
        defer { server.stop() }
        let entry = release.entry(server.url("/models/tiny-1.pth"), bytes: release.bytes.count)
        #expect(release.source.locate(entry, of: release.backbone) == .web(url: entry.url))

        let seen = Mutex<[WeightProgress]>([])
        let loaded = try #require(
            try release.source.load(entry, of: release.backbone) { step in seen.withLock { $0.append(step) } })
        #expect(loaded.tensors.names == ["stem.weight", "fc.weight", "fc.bias"])
        for name in loaded.tensors.names { #expect(loaded.tensors[name] == release.weights[name]) }
        #expect(loaded.sha256 == loaded.tensors.weightsSHA256)
        let last = WeightProgress(what: "tiny/v1", bytesDone: release.bytes.count, bytesTotal: release.bytes.count)
        #expect(seen.withLock { $0.last } == last)

        #expect(release.cached == Self.files)
        let metadata = try #require(try WeightFile(path: loaded.origin).metadata)
        #expect(metadata.backbone == "tiny")
        #expect(metadata.head == .init(kind: "linear", options: ["dropout": .number(0.25)]))
        #expect(metadata.classes == ["a", "b", "c"])
        #expect(metadata.licence == "MIT")
        let sha256 = Hash.sha256(release.bytes)
        #expect(metadata.source == "a test; converted from the file with SHA-256 \(sha256)")
        let manifest = try #require(
            try WeightManifest.read(release.source.cache.weights + "/tiny-v1.json"))
        #expect([manifest.backbone, manifest.entry] == ["tiny", "v1"])
        #expect([manifest.licence, manifest.source, manifest.original] == ["MIT", "a test", "tiny-1.pth"])
        #expect(manifest.originalBytes == release.bytes.count)
        #expect([manifest.originalSHA256, manifest.weightsSHA256] == [sha256, loaded.sha256])

        // What is in the cache is not fetched again.
        _ = try release.source.load(entry, of: release.backbone) { _ in }
        #expect(server.requests == [.init(path: "/models/tiny-1.pth", start: nil)])
        let cache = CacheSource(release.source.cache)
        #expect(cache.locate(entry, of: release.backbone) == .file(loaded.origin))
        #expect(try cache.load(entry, of: release.backbone) { _ in }?.tensors == loaded.tensors)
    }

    @Test func aWrongHash() throws {
        let release = try TinyRelease()
        let server = try LocalServer { request, _ in .file(release.bytes, request) }
        defer { server.stop() }
        let entry = release.entry(server.url("/t.pth"), hash: "0123abcd")
        #expect(
            line { try release.source.fetch(entry, of: release.backbone) }
                == "\(entry.url): the downloaded file is not the published one: expected SHA-256 0123abcd, found "
                + Hash.sha256(release.bytes) + Self.remedy(entry.url))
        #expect(release.cached == [])
    }

    @Test func noSuchFile() throws {
        let release = try TinyRelease()
        let server = try LocalServer { _, _ in .init(status: "404 Not Found", body: Array("<html>".utf8)) }
        defer { server.stop() }
        let entry = release.entry(server.url("/t.pth"))
        #expect(
            line { try release.source.fetch(entry, of: release.backbone) }
                == "\(entry.url): cannot be downloaded: found HTTP status 404 (no such file)" + Self.remedy(entry.url))
        #expect(release.cached == [])
    }

    @Test func anotherLengthThanThePublishers() throws {
        let release = try TinyRelease()
        let server = try LocalServer { request, _ in .file(release.bytes, request) }
        defer { server.stop() }
        let entry = release.entry(server.url("/t.pth"), bytes: 99)
        #expect(
            line { try release.source.fetch(entry, of: release.backbone) }
                == "\(entry.url): the server offers a file of another length: expected 99 bytes, found "
                + "\(release.bytes.count)" + Self.remedy(entry.url))
        #expect(release.cached == [])
    }

    @Test func aContentLengthThatIsTooShort() throws {
        let release = try TinyRelease()
        let server = try LocalServer { _, _ in .init(body: release.bytes, statedLength: 100) }
        defer { server.stop() }
        let entry = release.entry(server.url("/t.pth"))
        let text = line { try release.source.fetch(entry, of: release.backbone) }
        #expect(text.hasPrefix("\(entry.url): the downloaded file is not the published one: expected SHA-256 "))
        #expect(release.cached == [])
    }

    @Test func aCutConnectionIsContinued() throws {
        let release = try TinyRelease()
        let server = try LocalServer { request, number in
            guard number == 0 else { return .file(release.bytes, request) }
            return .init(body: Array(release.bytes[..<700]), statedLength: release.bytes.count)
        }
        defer { server.stop() }
        let entry = release.entry(server.url("/t.pth"))
        try release.source.fetch(entry, of: release.backbone)
        #expect(server.requests == [.init(path: "/t.pth", start: nil), .init(path: "/t.pth", start: 700)])
        #expect(release.cached == Self.files)
    }

    @Test func aCutConnectionIsContinuedByTheNextCommand() throws {
        let release = try TinyRelease()
        let server = try LocalServer { request, number in
            switch number {
            case 0: .init(body: Array(release.bytes[..<700]), statedLength: release.bytes.count)
            case 1:
                .init(
                    status: "206 Partial Content", headers: ["Content-Range: bytes 700-\(release.bytes.count - 1)/*"],
                    statedLength: release.bytes.count - 700)
            default: .file(release.bytes, request)
            }
        }
        defer { server.stop() }
        let entry = release.entry(server.url("/t.pth"))
        let text = line { try release.source.fetch(entry, of: release.backbone) }
        #expect(
            text
                == "\(entry.url): cannot be downloaded: found the connection was cut after 700 of \(release.bytes.count) "
                + "bytes" + Self.remedy(entry.url))
        // Nothing that could be taken for weights.
        #expect(release.cached == ["downloads/tiny-v1-t.pth.part"])
        try release.source.fetch(entry, of: release.backbone)
        #expect(server.requests.last?.start == 700)
        #expect(release.cached == Self.files)
    }

    @Test func aPartOfAnotherFileIsFoundOut() throws {
        let release = try TinyRelease()
        let server = try LocalServer { request, _ in .file(release.bytes, request) }
        defer { server.stop() }
        let entry = release.entry(server.url("/t.pth"))
        let downloads = release.source.cache.downloads
        try FileManager.default.createDirectory(atPath: downloads, withIntermediateDirectories: true)
        try AtomicFile.write([UInt8](repeating: 1, count: 300), to: downloads + "/tiny-v1-t.pth.part")
        try release.source.fetch(entry, of: release.backbone)
        #expect(server.requests.map(\.start) == [300, nil])
        #expect(release.cached == Self.files)
    }

    @Test func aServerWithoutRanges() throws {
        let release = try TinyRelease()
        let server = try LocalServer { _, number in
            number == 0
                ? .init(body: Array(release.bytes[..<700]), statedLength: release.bytes.count)
                : .init(body: release.bytes)
        }
        defer { server.stop() }
        try release.source.fetch(release.entry(server.url("/t.pth")), of: release.backbone)
        #expect(release.cached == Self.files)
    }

    @Test func aRedirect() throws {
        let release = try TinyRelease()
        let server = try LocalServer { request, _ in
            request.path == "/t.pth"
                ? .init(status: "302 Found", headers: ["Location: /elsewhere/u.pth"]) : .file(release.bytes, request)
        }
        defer { server.stop() }
        try release.source.fetch(release.entry(server.url("/t.pth")), of: release.backbone)
        #expect(server.requests.map(\.path) == ["/t.pth", "/elsewhere/u.pth"])
        #expect(release.cached == Self.files)
    }

    @Test func aSlowServer() throws {
        let release = try TinyRelease()
        let server = try LocalServer { request, number in
            var answer = LocalServer.Answer.file(release.bytes, request)
            answer.delay = number == 0 ? 3 : 0.2
            return answer
        }
        defer { server.stop() }
        let entry = release.entry(server.url("/t.pth"))
        let impatient = WebSource(release.source.cache, timeout: 1)
        #expect(
            line { try impatient.fetch(entry, of: release.backbone) }
                == "\(entry.url): cannot be downloaded: found no answer in time" + Self.remedy(entry.url))
        #expect(release.cached == [])
        try release.source.fetch(entry, of: release.backbone)
        #expect(release.cached == Self.files)
    }

    @Test func noServer() throws {
        let release = try TinyRelease()
        // A port that nobody listens at any more.
        let server = try LocalServer { _, _ in .init() }
        let url = server.url("/t.pth")
        server.stop()
        let entry = release.entry(url)
        #expect(
            line { try release.source.fetch(entry, of: release.backbone) }
                == "\(url): cannot be downloaded: found no connection to the server" + Self.remedy(url))
        #expect(release.cached == [])
    }

    @Test func twoAtOnce() async throws {
        let release = try TinyRelease()
        let server = try LocalServer { request, _ in
            var answer = LocalServer.Answer.file(release.bytes, request)
            answer.delay = 0.2
            return answer
        }
        defer { server.stop() }
        let entry = release.entry(server.url("/t.pth"))
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<2 {
                group.addTask { try release.source.fetch(entry, of: release.backbone) }
            }
            try await group.waitForAll()
        }
        #expect(server.requests.count == 1)
        #expect(release.cached == Self.files)
    }

    @Test func handedOver() throws {
        let release = try TinyRelease()
        let entry = release.entry("https://example.org/t.pth")
        try release.source.fetch(entry, of: release.backbone, from: release.checkpoint)
        #expect(release.cached == Self.files)
        try release.source.fetch(entry, of: release.backbone, from: "file://" + release.checkpoint)

        let other = release.folder + "/other.pth"
        try AtomicFile.write("<html>", to: other)
        #expect(
            line { try release.source.fetch(entry, of: release.backbone, from: other) }
                == "\(other): the file is not the published one: expected SHA-256 \(entry.sha256Prefix), found "
                + Hash.sha256("<html>"))
        #expect(
            line { try release.source.fetch(entry, of: release.backbone, from: release.folder + "/none.pth") }
                == "\(release.folder)/none.pth: no such file")
    }

    @Test func aCheckpointOfAnotherModel() throws {
        let release = try TinyRelease(classes: 5)
        let entry = release.entry("https://example.org/t.pth")
        #expect(
            line { try release.source.fetch(entry, of: release.backbone, from: release.checkpoint) }
                == "\(release.checkpoint): the weights do not fit the model: expected 3 tensors, found 2 of another shape "
                + "(fc.weight: 5x4 instead of 3x4, fc.bias: 5 instead of 3); the file answers 5 classes and the model 3: "
                + "take the backbone only, or 5 classes")
        #expect(release.cached == [])
    }

    @Test func aPageIsNoFile() throws {
        let release = try TinyRelease()
        let entry = release.entry("https://example.org/about")
        #expect(release.source.locate(entry, of: release.backbone) == nil)
        #expect(
            line { try release.source.fetch(entry, of: release.backbone) }
                == "https://example.org/about: the publisher's page is no file to download; get a test and run: "
                + "graft fetch tiny/v1 --from FILE")
    }
}
