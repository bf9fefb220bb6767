import Foundation

/// One JSON document on standard output: keys in snake case and sorted, so that scripts and diffs can rely on it.
enum JSONOutput {
    static func show(_ document: some Encodable) throws {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        let data = try encoder.encode(document)
        print(String(decoding: data, as: UTF8.self))
    }
}
