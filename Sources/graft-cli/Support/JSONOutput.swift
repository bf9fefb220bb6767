import Foundation
import Zoo

/// One JSON document on standard output: keys in snake case and sorted, so that scripts and diffs can rely on it.
enum JSONOutput {
    static func show(_ document: some Encodable) throws {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        let text = String(decoding: try encoder.encode(document), as: UTF8.self)
        // JSON escapes control characters itself; what else is harmful in a text is escaped as everywhere in Graft.
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        for line in lines { print(String(line).onOneLine(backslash: "\\\\")) }
    }
}
