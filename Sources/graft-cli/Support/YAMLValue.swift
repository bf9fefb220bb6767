import Yams
import Zoo

/// A value of a YAML file, its scalars as they were written.
///
/// Scalars follow YAML 1.2's core schema: only `true` and `false` are booleans, so a class may be called `no`.
enum YAMLValue {
    /// - Parameter isPlain: whether it stands without quotes, and so may be a number.
    case scalar(String, isPlain: Bool)
    case list([YAMLValue])
    case map([String: YAMLValue])

    /// What it means.
    var option: OptionValue {
        switch self {
        case .scalar(let text, let isPlain): isPlain ? Self.plain(text) : .string(text)
        case .list(let list): .list(list.map(\.option))
        case .map(let map): .map(map.mapValues(\.option))
        }
    }

    /// The same with every scalar as it was written.
    var written: OptionValue {
        switch self {
        case .scalar(let text, _): .string(text)
        case .list(let list): .list(list.map(\.written))
        case .map(let map): .map(map.mapValues(\.written))
        }
    }

    /// To be written as YAML again.
    var node: Node {
        switch self {
        case .scalar(let text, let isPlain): Node(text, Tag(.implicit), isPlain ? .any : Self.style(of: text))
        case .list(let list): Node(list.map(\.node), Tag(.implicit), .flow)
        case .map(let map): Node(map.sorted { $0.key < $1.key }.map { (Node($0.key), $0.value.node) })
        }
    }

    /// The value with another one at `keys`.
    func setting(_ keys: ArraySlice<String>, to value: YAMLValue) -> YAMLValue {
        guard let key = keys.first else { return value }
        var map: [String: YAMLValue] = [:]
        if case .map(let present) = self { map = present }
        map[key] = (map[key] ?? .map([:])).setting(keys.dropFirst(), to: value)
        return .map(map)
    }

    /// Quotes where the text would be something else without.
    private static func style(of text: String) -> Node.Scalar.Style {
        plain(text) == .string(text) ? .any : .doubleQuoted
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
}
