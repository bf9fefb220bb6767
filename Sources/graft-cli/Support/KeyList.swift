import RunConfiguration
import Graft
import Zoo

/// The keys of a configuration, from the tables that read them.
enum KeyList {
    /// - Parameter prefix: nil for all keys; else those that begin so.
    /// - Throws: `GraftError` `.unknownName` for a beginning that no key has.
    static func show(under prefix: String?, json: Bool) throws {
        let all = TrainingConfiguration.descriptions
        let keys = all.filter { key in prefix.map { key.path == $0 || key.path.hasPrefix($0 + ".") } ?? true }
        guard !keys.isEmpty else { throw GraftError.unknown("key", prefix ?? "", among: all.map(\.path)) }
        guard !json else {
            return try JSONOutput.show([
                "keys": keys.map { key -> JSONDocument in
                    ["key": key.path, "default": plain(key.standard), "meaning": plain(key.meaning)]
                }
            ])
        }
        for key in keys {
            let standard = key.standard.isEmpty ? "" : "  (\(plain(key.standard)))"
            print("\(Terminal.styled(key.path, .strong))\(standard)")
            print("    \(plain(key.meaning))")
        }
    }

    /// Markdown without its marks.
    private static func plain(_ text: String) -> String {
        text.replacing("`", with: "").replacing("\\|", with: "|")
            .replacing(#/\[([^\]]+)\]\([^)]*\)/#) { String($0.1) }
    }
}
