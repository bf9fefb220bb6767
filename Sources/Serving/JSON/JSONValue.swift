/// A JSON document in memory. Arrays of nothing but numbers, which tensors are, take eight bytes a number.
package enum JSONValue: Sendable, Equatable {
    case null
    case bool(Bool)
    case number(Double)
    case string(String)
    /// A non-empty array of numbers.
    case numbers([Double])
    case array([JSONValue])
    /// In the order of the text; no name twice.
    case object([Member])
    /// An array to be written, each number as the shortest text that reads back as the same float32. Never read.
    case floats([Float])

    package struct Member: Sendable, Equatable {
        package let name: String
        package let value: JSONValue

        package init(_ name: String, _ value: JSONValue) {
            self.name = name
            self.value = value
        }
    }

    /// The member of that name; nil for what is no object or lacks it.
    package subscript(name: String) -> JSONValue? {
        guard case .object(let members) = self else { return nil }
        return members.first { $0.name == name }?.value
    }

    /// The text, if it is one.
    package var text: String? { if case .string(let text) = self { text } else { nil } }

    /// Whether it is `true`; nil for what is no truth value.
    package var flag: Bool? { if case .bool(let flag) = self { flag } else { nil } }

    /// The whole number, if it is one that a double holds exactly.
    package var integer: Int? {
        guard case .number(let number) = self, let integer = Int(exactly: number), integer.magnitude <= 1 << 53 else {
            return nil
        }
        return integer
    }

    /// The elements of an array.
    package var elements: [JSONValue]? {
        switch self {
        case .array(let values): values
        case .numbers(let numbers): numbers.map(JSONValue.number)
        default: nil
        }
    }
}

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral,
    ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    package init(stringLiteral text: String) { self = .string(text) }
    package init(integerLiteral number: Int) { self = .number(Double(number)) }
    package init(booleanLiteral flag: Bool) { self = .bool(flag) }
    package init(arrayLiteral values: JSONValue...) { self = .array(values) }
    package init(dictionaryLiteral members: (String, JSONValue)...) { self = .object(members.map(Member.init)) }
    package init(_ number: Int) { self = .number(Double(number)) }
}
