package import Zoo

/// Reads JSON (RFC 8259) from bytes that anybody may have sent. Depth, the number of values and of members are bounded;
/// a name that occurs twice, text that is not UTF-8 and anything after the document are errors.
package struct JSONReader {
    /// What a document may hold.
    package struct Limits: Sendable {
        /// Arrays and objects within each other.
        package var depth = 16
        /// Values in all: of numbers, eight bytes each are kept.
        package var values = 4 << 20
        /// Members of one object.
        package var members = 256

        package init() {}
    }

    private let bytes: ArraySlice<UInt8>
    private let limits: Limits
    private var position: Int
    private var values = 0

    private init(_ bytes: ArraySlice<UInt8>, limits: Limits) {
        self.bytes = bytes
        self.limits = limits
        position = bytes.startIndex
    }

    /// - Throws: `GraftError.badRequest` for what is no JSON document, or one past the limits.
    package static func read(
        _ bytes: ArraySlice<UInt8>, limits: Limits = Limits()
    ) throws(GraftError) -> JSONValue {
        var reader = JSONReader(bytes, limits: limits)
        let value = try reader.value(depth: 0)
        reader.skipSpace()
        guard reader.position == bytes.endIndex else { throw reader.fault("something after the JSON document") }
        return value
    }

    private func fault(_ what: String) -> GraftError {
        GraftError(.badRequest, "bad JSON: \(what)", found: "byte \(position - bytes.startIndex)")
    }

    private var next: UInt8? { position < bytes.endIndex ? bytes[position] : nil }

    private mutating func skipSpace() {
        while let byte = next, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { position += 1 }
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard next == byte else { return false }
        position += 1
        return true
    }

    private mutating func count(_ more: Int = 1) throws(GraftError) {
        values += more
        guard values <= limits.values else { throw fault("more than \(limits.values) values") }
    }

    private mutating func value(depth: Int) throws(GraftError) -> JSONValue {
        guard depth <= limits.depth else { throw fault("nested more than \(limits.depth) deep") }
        skipSpace()
        try count()
        switch next {
        case UInt8(ascii: "{"): return try object(depth: depth)
        case UInt8(ascii: "["): return try array(depth: depth)
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        case nil: throw fault("it ends too early")
        default: return .number(try number())
        }
    }

    private mutating func word(_ text: StaticString, _ value: JSONValue) throws(GraftError) -> JSONValue {
        let expected = Array(text.description.utf8)
        guard bytes[position...].starts(with: expected) else { throw fault("an unknown word") }
        position += expected.count
        return value
    }

    private mutating func object(depth: Int) throws(GraftError) -> JSONValue {
        position += 1
        var members: [JSONValue.Member] = []
        skipSpace()
        if take(UInt8(ascii: "}")) { return .object([]) }
        repeat {
            skipSpace()
            guard next == UInt8(ascii: "\"") else { throw fault("a member's name is missing") }
            let name = try string()
            guard !members.contains(where: { $0.name == name }) else { throw fault("a name occurs twice") }
            guard members.count < limits.members else { throw fault("more than \(limits.members) members") }
            skipSpace()
            guard take(UInt8(ascii: ":")) else { throw fault("':' is missing") }
            members.append(.init(name, try value(depth: depth + 1)))
            skipSpace()
        } while take(UInt8(ascii: ","))
        guard take(UInt8(ascii: "}")) else { throw fault("'}' is missing") }
        return .object(members)
    }

    private mutating func array(depth: Int) throws(GraftError) -> JSONValue {
        position += 1
        skipSpace()
        if take(UInt8(ascii: "]")) { return .array([]) }
        guard let numbers = try numbers() else { return try mixed([], depth: depth) }
        if take(UInt8(ascii: "]")) { return .numbers(numbers) }
        // Something else after a comma.
        return try mixed(numbers.map(JSONValue.number), depth: depth)
    }

    /// The numbers that an array begins with, up to its end or to the comma before something else; nil for none.
    private mutating func numbers() throws(GraftError) -> [Double]? {
        guard let first = next, Self.beginsNumber(first) else { return nil }
        var numbers: [Double] = []
        while true {
            try count()
            numbers.append(try number())
            skipSpace()
            if next == UInt8(ascii: "]") { return numbers }
            guard take(UInt8(ascii: ",")) else { throw fault("']' is missing") }
            skipSpace()
            guard next != UInt8(ascii: "]") else { throw fault("a value is missing") }
            guard let byte = next, Self.beginsNumber(byte) else { return numbers }
        }
    }

    private mutating func mixed(_ first: [JSONValue], depth: Int) throws(GraftError) -> JSONValue {
        var elements = first
        repeat {
            elements.append(try value(depth: depth + 1))
            skipSpace()
        } while take(UInt8(ascii: ","))
        guard take(UInt8(ascii: "]")) else { throw fault("']' is missing") }
        return .array(elements)
    }

    private static func beginsNumber(_ byte: UInt8) -> Bool { byte == UInt8(ascii: "-") || isDigit(byte) }

    private static func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }

    private mutating func digits() throws(GraftError) {
        guard let first = next, Self.isDigit(first) else { throw fault("a digit is missing") }
        while let byte = next, Self.isDigit(byte) { position += 1 }
    }

    private mutating func number() throws(GraftError) -> Double {
        let start = position
        _ = take(UInt8(ascii: "-"))
        if !take(UInt8(ascii: "0")) { try digits() }
        if take(UInt8(ascii: ".")) { try digits() }
        if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
            if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
            try digits()
        }
        guard position - start <= 64, let number = Double(String(decoding: bytes[start..<position], as: UTF8.self)),
            number.isFinite
        else { throw fault("a number out of range") }
        return number
    }

    private mutating func string() throws(GraftError) -> String {
        position += 1
        let start = position
        while let byte = next, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\"), byte >= 0x20 { position += 1 }
        if next == UInt8(ascii: "\"") {
            defer { position += 1 }
            return try text(bytes[start..<position])
        }
        var unescaped = Array(bytes[start..<position])
        while let byte = next, byte != UInt8(ascii: "\"") {
            guard byte >= 0x20 else { throw fault("a control character in a text") }
            position += 1
            if byte == UInt8(ascii: "\\") { try escape(into: &unescaped) } else { unescaped.append(byte) }
        }
        guard take(UInt8(ascii: "\"")) else { throw fault("a text does not end") }
        return try text(unescaped[...])
    }

    private func text(_ bytes: ArraySlice<UInt8>) throws(GraftError) -> String {
        guard let text = String(validating: bytes, as: UTF8.self) else { throw fault("a text that is not UTF-8") }
        return text
    }

    private mutating func escape(into text: inout [UInt8]) throws(GraftError) {
        guard let letter = next else { throw fault("a text does not end") }
        position += 1
        switch letter {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(letter)
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0C)
        case UInt8(ascii: "n"): text.append(0x0A)
        case UInt8(ascii: "r"): text.append(0x0D)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "u"): try unicodeEscape(into: &text)
        default: throw fault("an unknown escape")
        }
    }

    private mutating func unicodeEscape(into text: inout [UInt8]) throws(GraftError) {
        var code = try hexadecimal()
        if (0xD800..<0xDC00).contains(code) {
            guard take(UInt8(ascii: "\\")), take(UInt8(ascii: "u")) else { throw fault("half a character") }
            let low = try hexadecimal()
            guard (0xDC00..<0xE000).contains(low) else { throw fault("half a character") }
            code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
        }
        guard let scalar = Unicode.Scalar(code) else { throw fault("half a character") }
        text.append(contentsOf: Array(String(Character(scalar)).utf8))
    }

    private mutating func hexadecimal() throws(GraftError) -> UInt32 {
        guard bytes.endIndex - position >= 4 else { throw fault("an escape is cut off") }
        var code: UInt32 = 0
        for byte in bytes[position..<position + 4] {
            guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue, byte < 0x80 else {
                throw fault("an escape without four digits")
            }
            code = code << 4 | UInt32(digit)
        }
        position += 4
        return code
    }
}
