import Weights
import Zoo

/// A small text that a person has written or edited.
enum TextFile {
    private static let byteLimit = 64 << 20

    /// - Throws: `GraftError` for a file that cannot be read, is too large or no UTF-8.
    static func read(_ path: String) throws(GraftError) -> String {
        let file = try MappedFile(path: path)
        guard file.count <= byteLimit else {
            throw GraftError(
                .tooLarge, "too large for a table", file: path, expected: "at most \(byteLimit) bytes",
                found: "\(file.count)")
        }
        let bytes = try file.bytes(0..<file.count)
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw GraftError(.invalidData, "not UTF-8 text", file: path, remedy: "save the table as CSV in UTF-8")
        }
        return text
    }
}
