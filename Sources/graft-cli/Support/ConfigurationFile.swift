import Weights
import Yams
package import Zoo

/// A YAML configuration as `Options`, with `--set` overrides laid over it. The only place that knows YAML.
///
/// Scalars follow YAML 1.2's core schema: only `true` and `false` are booleans, so a class may be called `no`.
package struct ConfigurationFile {
    /// The greatest length of a configuration, in bytes; also bounds what aliases may expand to.
    private static let byteLimit = 1 << 20
    private static let nodeLimit = 200_000

    /// What to hand on.
    package private(set) var values: [String: OptionValue]
    /// What messages call it.
    let path: String
    private let text: String
    private var overrides: [String] = []

    /// One that says nothing.
    init() {
        path = ""
        text = ""
        values = [:]
    }

    /// - Throws: `GraftError` or `GraftError` that names the file, the line and what is wrong.
    package init(path: String) throws {
        let file = try MappedFile(path: path)
        guard file.count <= Self.byteLimit else {
            throw GraftError(
                .invalidValue, "too large for a configuration", file: path, expected: "at most \(Self.byteLimit) bytes",
                found: "\(file.count)")
        }
        var bytes = try file.bytes(0..<file.count)
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
        switch try Self.parse(text, file: path) {
        case .map(let map): values = map
        case .null: values = [:]
        case let other:
            throw GraftError(
                .invalidValue, "not a configuration", file: path, expected: "keys and values, as in 'backbone: NAME'",
                found: Self.short("\(other)"))
        }
    }

    /// Lays `key.path=value` over the file; the value is YAML.
    mutating func set(_ assignment: String) throws(GraftError) {
        guard let equals = assignment.firstIndex(of: "=") else {
            throw GraftError(
                .invalidValue, "--set needs a key and a value", expected: "key.path=value, as in train.epochs=20",
                found: "'\(assignment)'")
        }
        let keys = assignment[..<equals].split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        guard !keys.contains(where: \.isEmpty) else {
            throw GraftError(.invalidValue, "--set has an empty key", found: "'\(assignment)'")
        }
        let value = try Self.parse(String(assignment[assignment.index(after: equals)...]), file: "--set \(assignment)")
        guard case .map(let map) = Self.setting(keys[...], to: value, in: .map(values)) else { return }
        values = map
        overrides.append(assignment)
    }

    /// `text` as a YAML value that is a text, whatever it looks like.
    static func quoted(_ text: String) -> String {
        "\"" + text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
    }

    /// The configuration as YAML: the file as it stands, or with the overrides merged in.
    var yaml: String {
        guard !overrides.isEmpty else { return text }
        let merged = (try? Yams.serialize(node: Self.node(.map(values)))) ?? text
        return "# \(path) with \(overrides.map { "--set \($0)" }.joined(separator: " "))\n\(merged)"
    }

    private static func setting(_ keys: ArraySlice<String>, to value: OptionValue, in old: OptionValue?) -> OptionValue
    {
        guard let key = keys.first else { return value }
        var map: [String: OptionValue] = [:]
        if case .map(let present)? = old { map = present }
        map[key] = setting(keys.dropFirst(), to: value, in: map[key])
        return .map(map)
    }

    private static func parse(_ text: String, file: String) throws(GraftError) -> OptionValue {
        do {
            guard let node = try Yams.compose(yaml: text) else { return .null }
            var budget = nodeLimit
            return try value(of: node, file: file, budget: &budget)
        } catch let error as GraftError {
            throw error
        } catch let error as YamlError {
            let (line, problem) = explain(error)
            throw GraftError(
                .invalidValue, "not valid YAML: \(problem)", file: line.map { "\(file):\($0)" } ?? file)
        } catch {
            throw GraftError(.invalidValue, "not valid YAML", file: file, found: short("\(error)"))
        }
    }

    private static func value(of node: Node, file: String, budget: inout Int) throws(GraftError) -> OptionValue {
        budget -= 1
        guard budget > 0 else {
            throw GraftError(
                .invalidValue, "the configuration is too large", file: file, expected: "at most \(nodeLimit) values")
        }
        switch node {
        case .scalar(let scalar):
            return scalar.style == .plain || scalar.style == .any ? plain(scalar.string) : .string(scalar.string)
        case .sequence(let sequence):
            var list: [OptionValue] = []
            for item in sequence { list.append(try value(of: item, file: file, budget: &budget)) }
            return .list(list)
        case .mapping(let mapping):
            var map: [String: OptionValue] = [:]
            for (key, item) in mapping {
                guard case .scalar(let name) = key else {
                    throw GraftError(.invalidValue, "a key must be a word", file: position(key.mark, in: file))
                }
                map[name.string] = try value(of: item, file: file, budget: &budget)
            }
            return .map(map)
        case .alias:
            throw GraftError(.invalidValue, "an alias that stands for nothing", file: position(node.mark, in: file))
        }
    }

    private static func plain(_ text: String) -> OptionValue {
        switch text {
        case "", "~", "null", "Null", "NULL": return .null
        case "true", "True", "TRUE": return .bool(true)
        case "false", "False", "FALSE": return .bool(false)
        default: break
        }
        let looksNumeric = text.first.map { $0.isNumber || "+-.".contains($0) } ?? false
        if looksNumeric, text.allSatisfy({ $0.isASCII && ($0.isNumber || "+-.eE".contains($0)) }),
            let number = Double(text), number.isFinite
        {
            return .number(number)
        }
        return .string(text)
    }

    private static func node(_ value: OptionValue) -> Node {
        switch value {
        case .map(let map):
            Node(map.sorted { $0.key < $1.key }.map { (Node($0.key), node($0.value)) })
        case .list(let list): Node(list.map(node), Tag(.implicit), .flow)
        case .string(let string): Node(string, Tag(.implicit), plain(string) == value ? .any : .doubleQuoted)
        case .null, .bool, .number: Node("\(value)")
        }
    }

    private static func position(_ mark: Mark?, in file: String) -> String { mark.map { "\(file):\($0.line)" } ?? file }

    private static func explain(_ error: YamlError) -> (line: Int?, problem: String) {
        switch error {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            (mark.line, problem)
        case .duplicatedKeysInMapping(let duplicates, let context):
            (context.mark.line, "the key '\(duplicates.first ?? "")' stands there twice")
        case .reader(let problem, _, _, _): (nil, problem)
        default: (nil, short("\(error)"))
        }
    }

    private static func short(_ text: String) -> String { text.count > 80 ? "\(text.prefix(77))..." : text }
}
