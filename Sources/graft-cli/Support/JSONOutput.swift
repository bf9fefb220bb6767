import Foundation
import Zoo

/// One JSON document on standard output: keys sorted, so that scripts and diffs can rely on it.
enum JSONOutput {
    static func show(_ document: JSONDocument) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        let text = String(decoding: try encoder.encode(document), as: UTF8.self)
        // JSON escapes control characters itself; what else is harmful in a text is escaped as everywhere in Graft.
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        for line in lines { print(String(line).onOneLine(backslash: "\\\\")) }
    }
}
