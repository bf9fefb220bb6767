import Foundation

/// A directory that lives as long as its test.
final class ScratchDirectory: Sendable {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.appendingPathComponent("graft-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func file(_ name: String) -> String { "\(path)/\(name)" }

    func write(_ bytes: [UInt8], to name: String) throws -> String {
        // Data.write waits for the disk each time, and ext4 when an older file is cut to nothing.
        remove(file(name))
        guard let file = fopen(file(name), "wb") else { throw CocoaError(.fileWriteUnknown) }
        defer { fclose(file) }
        guard fwrite(bytes, 1, bytes.count, file) == bytes.count else { throw CocoaError(.fileWriteUnknown) }
        return "\(path)/\(name)"
    }

    var content: [String] {
        get throws { try FileManager.default.contentsOfDirectory(atPath: path).sorted() }
    }
}

func readBytes(_ path: String) throws -> [UInt8] { [UInt8](try Data(contentsOf: URL(fileURLWithPath: path))) }

/// The one line that a user would see, with the scratch directory left out; "no error" where there is none.
func line(in directory: ScratchDirectory? = nil, _ body: () throws -> Void) -> String {
    do {
        try body()
        return "no error"
    } catch {
        let text = "\(error)"
        return directory.map { text.replacingOccurrences(of: $0.path + "/", with: "") } ?? text
    }
}
