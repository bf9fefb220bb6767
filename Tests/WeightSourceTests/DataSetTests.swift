import Foundation
import TestSupport
import Testing
import WeightSources
import Weights
import Zoo

/// Data sets: an archive from a server or a file, checked and unpacked once.
@Suite struct DataSetTests {
    private let archive: [UInt8]
    private let cache: CacheDirectory

    init() throws {
        archive = Array(try Data(contentsOf: URL(fileURLWithPath: Fixtures.path("weights/plain.npz"))))
        cache = CacheDirectory(path: NSTemporaryDirectory() + "/graft-data-\(UUID().uuidString)")
    }

    private func dataSet(_ url: String, sha256: String? = nil) -> DataSet {
        DataSet(
            name: "arrays", url: url, bytes: archive.count, sha256: sha256 ?? Hash.sha256(archive), about: "a test")
    }

    private func names(in folder: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
    }

    @Test func fromAServerOnce() throws {
        defer { try? FileManager.default.removeItem(atPath: cache.path) }
        let server = try LocalServer { [archive] request, _ in .file(archive, request) }
        defer { server.stop() }
        let set = dataSet(server.url("/arrays.zip"))
        let folder = try set.fetch(into: cache)
        #expect(folder == "\(cache.path)/data/arrays")
        let unpacked = try names(in: folder)
        #expect(!unpacked.isEmpty && unpacked.allSatisfy { $0.hasSuffix(".npy") })
        #expect(try set.fetch(into: cache) == folder)
        #expect(server.requests.count == 1)
        #expect(try names(in: cache.downloads) == ["arrays.zip.lock"])
    }

    @Test func fromAFile() throws {
        defer { try? FileManager.default.removeItem(atPath: cache.path) }
        let file = Fixtures.path("weights/plain.npz")
        let set = dataSet("http://127.0.0.1:1/arrays.zip")
        #expect(!(try names(in: set.fetch(into: cache, from: file))).isEmpty)
    }

    @Test func anotherFileIsRefused() throws {
        defer { try? FileManager.default.removeItem(atPath: cache.path) }
        let file = Fixtures.path("weights/plain.npz")
        let set = dataSet("http://127.0.0.1:1/arrays.zip", sha256: "00ff")
        let error = try #require(throws: GraftError.self) { try set.fetch(into: cache, from: file) }
        #expect(
            error.description
                == "\(file): not the published data set: expected SHA-256 00ff, found \(Hash.sha256(archive)); download "
                + "http://127.0.0.1:1/arrays.zip again")
        #expect(!FileManager.default.fileExists(atPath: "\(cache.path)/data/arrays"))
    }
}
