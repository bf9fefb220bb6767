import Weights
import Yams
package import Zoo

/// A YAML configuration as `Options`, with `--set` overrides laid over it.
package struct ConfigurationFile {
    /// The greatest length of a configuration, in bytes.
    private static let byteLimit = 1 << 20

    private struct Override {
        /// What messages call it, as the user wrote it.
        let name: String
        let assignment: String
        let keys: [String]
    }

    /// What messages call it.
    let path: String
    private let text: String
    private var content: YAMLValue
    private var overrides: [Override] = []

    /// One that says nothing.
    init() {
        path = ""
        text = ""
        content = .map([:])
    }

    /// - Throws: `GraftError` that names the file, the line and what is wrong.
    package init(path: String) throws(GraftError) {
        var bytes = try FileSystem.read(path, limit: Self.byteLimit, for: "a configuration")
        // What some editors put before UTF-8.
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { bytes.removeFirst(3) }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw GraftError(.invalidValue, "not UTF-8 text", file: path, expected: "a YAML configuration")
        }
        try self.init(text: text, path: path)
    }

    /// - Parameter path: what messages call it.
    init(text: String, path: String) throws(GraftError) {
        self.path = path
        self.text = text
        let content = try YAMLReader.parse(text, file: path)
        switch (content, content.option) {
        case (.map, _): self.content = content
        case (_, .null): self.content = .map([:])
        case (_, let other):
            throw GraftError(
                .invalidValue, "not a configuration", file: path, expected: "keys and values, as in 'backbone: NAME'",
                found: YAMLReader.short("\(other)"))
        }
    }

    /// What to hand on.
    package var values: [String: OptionValue] {
        if case .map(let map) = content.option { map } else { [:] }
    }

    /// A reader of the values, which knows how they were written.
    package var options: Options {
        guard case .map(let written) = content.written else { return Options(values) }
        return Options(values, written: written)
    }

    /// Lays `key.path=value` over the file; the value is YAML.
    /// - Parameter option: what messages call it, where that is not `--set` and the assignment.
    mutating func set(_ assignment: String, as option: String? = nil) throws(GraftError) {
        guard let equals = assignment.firstIndex(of: "=") else {
            throw GraftError(
                .invalidValue, "--set needs a key and a value", expected: "key.path=value, as in train.epochs=20",
                found: "'\(assignment)'")
        }
        let keys = assignment[..<equals].split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        guard !keys.contains(where: \.isEmpty) else {
            throw GraftError(.invalidValue, "--set has an empty key", found: "'\(assignment)'")
        }
        let name = option ?? "--set \(assignment)"
        let value = try YAMLReader.parse(String(assignment[assignment.index(after: equals)...]), file: name)
        content = content.setting(keys[...], to: value)
        overrides.append(Override(name: name, assignment: assignment, keys: keys))
    }

    /// Lays a path over the file, whatever it looks like.
    mutating func set(_ key: String, toPath path: String, as option: String) {
        let text = path.shown
        let keys = key.split(separator: ".").map(String.init)
        content = content.setting(keys[...], to: .scalar(text, isPlain: false))
        overrides.append(Override(name: option, assignment: "\(key)=\(Self.quoted(text))", keys: keys))
    }

    /// `text` as a YAML value that is a text, whatever it looks like.
    static func quoted(_ text: String) -> String {
        "\"" + text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
    }

    /// The configuration as YAML: the file as it stands, or with the overrides merged in.
    var yaml: String {
        guard !overrides.isEmpty else { return text }
        let merged = (try? Yams.serialize(node: content.node)) ?? text
        let options = overrides.map { "--set \($0.assignment)".onOneLine }.joined(separator: " ")
        return "# \(path.shown) with \(options)\n\(merged)"
    }

    /// `error` with the place of the key that it is about: the `--set` that gave the value, else the file.
    package func placing(_ error: GraftError) -> GraftError {
        guard error.context.file == nil, let key = error.context.parameter ?? Self.unknownKey(error) else {
            return error
        }
        var error = error
        error.context.file = path.isEmpty ? nil : path
        func isAbove(_ override: Override) -> Bool {
            let place = override.keys.joined(separator: ".")
            return key == place || key.hasPrefix(place + ".") || key.hasPrefix(place + "[")
        }
        if let override = overrides.last(where: isAbove) { error.context.file = override.name }
        return error
    }

    /// `x.y` of "unknown key 'x.y'".
    private static func unknownKey(_ error: GraftError) -> String? {
        guard error.message.hasPrefix("unknown key '") else { return nil }
        return String(error.message.dropFirst(13).dropLast())
    }
}
