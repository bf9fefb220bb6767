/// A value of a configuration or of a model file's metadata: what YAML and JSON have in common.
public enum OptionValue: Sendable, Hashable {
    case null
    case bool(Bool)
    case number(Double)
    case string(String)
    case list([OptionValue])
    case map([String: OptionValue])
}

extension OptionValue: Codable {
    /// A value read from YAML or JSON; numbers are doubles.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let value = try? container.decode(Bool.self) {
            self = .bool(value)
        } else if let value = try? container.decode(Double.self) {
            self = .number(value)
        } else if let value = try? container.decode(String.self) {
            self = .string(value)
        } else if let value = try? container.decode([OptionValue].self) {
            self = .list(value)
        } else {
            self = .map(try container.decode([String: OptionValue].self))
        }
    }

    /// Whole numbers are written without a point.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .null: try container.encodeNil()
        case .bool(let value): try container.encode(value)
        case .number(let value):
            if let whole = Int(exactly: value) { try container.encode(whole) } else { try container.encode(value) }
        case .string(let value): try container.encode(value)
        case .list(let value): try container.encode(value)
        case .map(let value): try container.encode(value)
        }
    }
}

extension OptionValue: CustomStringConvertible {
    /// The value as a user would write it in one line of YAML.
    public var description: String {
        switch self {
        case .null: "null"
        case .bool(let value): "\(value)"
        case .number(let value): Int(exactly: value).map(String.init) ?? "\(value)"
        case .string(let value): value
        case .list(let value): "[\(value.map(\.description).joined(separator: ", "))]"
        case .map(let value):
            "{\(value.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }.joined(separator: ", "))}"
        }
    }
}

/// A map of options being read: every key is asked for once, and `finish` refuses what nobody asked for.
public struct Options: Sendable {
    /// The path of the map itself, for errors: `head` in `head.dropout`.
    public let path: String
    /// What the map holds.
    public let values: [String: OptionValue]
    /// The same map with every scalar as the text that was written: `007` and `1.10` are numbers, and names too.
    private let written: [String: OptionValue]
    private var asked: [String] = []

    /// A reader of `values`; `path` is where they stand in the whole.
    /// - Parameter written: the same map with every scalar as it was written, where that is known; what asks for a text
    ///   gets that.
    public init(
        _ values: [String: OptionValue] = [:], path: String = "", written: [String: OptionValue] = [:]
    ) {
        self.values = values
        self.path = path
        self.written = written
    }

    /// The same with values for keys that are absent.
    public func completed(by defaults: [String: OptionValue]) -> Options {
        Options(values.merging(defaults) { own, _ in own }, path: path, written: written)
    }

    /// `key`'s full path.
    public func path(of key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }

    /// The raw value, nil where it is absent or null.
    public mutating func value(_ key: String) -> OptionValue? {
        asked.append(key)
        let value = values[key]
        return value == .null ? nil : value
    }

    /// A number, inside `range` if one is given.
    public mutating func number(_ key: String, in range: ClosedRange<Double>? = nil) throws(GraftError) -> Double? {
        guard let value = value(key) else { return nil }
        guard case .number(let number) = value, number.isFinite else { throw wrong(key, value, expected: "a number") }
        if let range, !range.contains(number) {
            throw wrong(
                key, value,
                expected: Self.expected(range))
        }
        return number
    }

    /// What is said of a number's limits.
    package static func expected(_ range: ClosedRange<Double>) -> String {
        "a number from \(OptionValue.number(range.lowerBound)) to \(OptionValue.number(range.upperBound))"
    }

    /// What is said of a whole number's limits.
    package static func expected(_ range: ClosedRange<Int>) -> String {
        "a whole number from \(range.lowerBound) to \(range.upperBound)"
    }

    /// A whole number, inside `range` if one is given.
    public mutating func integer(_ key: String, in range: ClosedRange<Int>? = nil) throws(GraftError) -> Int? {
        guard let value = value(key) else { return nil }
        guard case .number(let number) = value, let whole = Int(exactly: number), range?.contains(whole) ?? true else {
            throw wrong(
                key, value,
                expected: range.map(Self.expected) ?? "a whole number")
        }
        return whole
    }

    /// A word or path. What looks like a number or like true is a text too, as it was written.
    public mutating func string(_ key: String) throws(GraftError) -> String? {
        guard let value = value(key) else { return nil }
        guard let text = Self.text(value, written[key]) else { throw wrong(key, value, expected: "a text") }
        return text
    }

    /// A list of words, in the same way.
    public mutating func strings(_ key: String) throws(GraftError) -> [String]? {
        guard let list = try list(key) else { return nil }
        var forms = list.map { _ in OptionValue?.none }
        if case .list(let written)? = written[key], written.count == list.count { forms = written }
        var texts: [String] = []
        for (item, form) in zip(list, forms) {
            guard let text = Self.text(item, form) else { throw wrong(key, item, expected: "a list of texts") }
            texts.append(text)
        }
        return texts
    }

    private static func text(_ value: OptionValue, _ written: OptionValue?) -> String? {
        switch value {
        case .string(let text): return text
        case .number, .bool:
            if case .string(let text)? = written { return text }
            if case .number = value { return "\(value)" }
            return nil
        case .null:
            // In a list of names, `null` is one; nothing at all is none.
            if case .string(let text)? = written, !text.isEmpty { return text }
            return nil
        case .list, .map: return nil
        }
    }

    /// One of a few words.
    public mutating func choice(_ key: String, of words: [String]) throws(GraftError) -> String? {
        guard let string = try string(key) else { return nil }
        guard words.contains(string) else {
            var error = GraftError.unknown("value", string, among: words)
            error.context.parameter = path(of: key)
            throw error
        }
        return string
    }

    /// true or false.
    public mutating func bool(_ key: String) throws(GraftError) -> Bool? {
        guard let value = value(key) else { return nil }
        guard case .bool(let bool) = value else { throw wrong(key, value, expected: "true or false") }
        return bool
    }

    /// A list.
    public mutating func list(_ key: String) throws(GraftError) -> [OptionValue]? {
        guard let value = value(key) else { return nil }
        guard case .list(let list) = value else { throw wrong(key, value, expected: "a list") }
        return list
    }

    /// A map of its own, empty where it is absent.
    public mutating func options(_ key: String) throws(GraftError) -> Options {
        guard let value = value(key) else { return Options([:], path: path(of: key)) }
        guard case .map(let map) = value else { throw wrong(key, value, expected: "a map of keys and values") }
        guard case .map(let forms)? = written[key] else { return Options(map, path: path(of: key)) }
        return Options(map, path: path(of: key), written: forms)
    }

    /// - Throws: `GraftError.unknownName` for a key that nobody asked for, with the nearest known one.
    public func finish() throws(GraftError) {
        for key in values.keys.sorted() where !asked.contains(key) {
            throw GraftError.unknown("key", path(of: key), among: Set(asked).map(path(of:)))
        }
    }

    /// The error of a value of the wrong kind or size.
    public func wrong(_ key: String, _ value: OptionValue, expected: String) -> GraftError {
        let text = "\(value)"
        var (found, remedy) = (text.count > 80 ? "\(text.prefix(77))..." : text, String?.none)
        if case .string(let text) = value, Double(text) != nil || text == "true" || text == "false" {
            (found, remedy) = ("the text '\(text)'", "leave out its quotes")
        }
        return GraftError(
            .invalidValue, "wrong value", parameter: path(of: key), expected: expected, found: found, remedy: remedy)
    }
}
