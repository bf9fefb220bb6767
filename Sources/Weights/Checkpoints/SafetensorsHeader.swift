import Zoo

/// The JSON at the head of a `.safetensors` file: `{"NAME": {"dtype": "F32", "shape": [..], "data_offsets": [a, b]}, …}`
/// and, under `__metadata__`, texts by name.
///
/// The parser knows this form only, so that its depth and its memory are bounded by the header's length. A name that is
/// there twice, a key that is not known or a number that is not whole is an error.
struct SafetensorsHeader {
    /// What the header says of one tensor, not yet checked against the file.
    struct Item {
        let name: String
        let dtype: String
        let shape: [Int]
        let begin: Int
        let end: Int
    }

    private(set) var items: [Item] = []
    private(set) var metadata: [String: String] = [:]

    /// As in the reference implementation.
    static let lengthLimit = 100_000_000
    private static let rankLimit = 64

    private let bytes: UnsafeRawBufferPointer
    private let file: String
    private var position = 0

    /// - Throws: `GraftError.damaged` with the place in the header.
    init(_ bytes: UnsafeRawBufferPointer, file: String) throws(GraftError) {
        self.bytes = bytes
        self.file = file
        var names: Set<String> = []
        try object { parser, name throws(GraftError) in
            guard names.insert(name).inserted else { throw parser.damaged("the name '\(name)' is there twice") }
            if name == "__metadata__" {
                try parser.object { parser, key throws(GraftError) in
                    guard parser.metadata.updateValue(try parser.string(), forKey: key) == nil else {
                        throw parser.damaged("the name '\(key)' is there twice")
                    }
                }
            } else {
                parser.items.append(try parser.item(name))
            }
        }
        skipSpace()
        guard position == bytes.count else { throw damaged("something after the header's end") }
    }

    private mutating func item(_ name: String) throws(GraftError) -> Item {
        var dtype: String?
        var shape: [Int]?
        var offsets: [Int]?
        try object { parser, key throws(GraftError) in
            switch key {
            case "dtype" where dtype == nil: dtype = try parser.string()
            case "shape" where shape == nil: shape = try parser.numbers()
            case "data_offsets" where offsets == nil: offsets = try parser.numbers()
            default: throw parser.damaged("the tensor '\(name)' has a key that is not known or there twice: '\(key)'")
            }
        }
        guard let dtype, let shape, let offsets, offsets.count == 2 else {
            throw damaged("the tensor '\(name)' lacks its dtype, shape or data_offsets")
        }
        return Item(name: name, dtype: dtype, shape: shape, begin: offsets[0], end: offsets[1])
    }

    // MARK: JSON

    /// `{ "key": value, … }`
    private mutating func object(
        _ value: (inout SafetensorsHeader, String) throws(GraftError) -> Void
    ) throws(GraftError) {
        try expect("{")
        if skip("}") { return }
        repeat {
            let key = try string()
            try expect(":")
            try value(&self, key)
        } while skip(",")
        try expect("}")
    }

    /// `[ 1, 2, … ]`
    private mutating func numbers() throws(GraftError) -> [Int] {
        try expect("[")
        var numbers: [Int] = []
        if skip("]") { return numbers }
        repeat {
            guard numbers.count < Self.rankLimit else { throw damaged("a list of too many numbers") }
            numbers.append(try number())
        } while skip(",")
        try expect("]")
        return numbers
    }

    private mutating func number() throws(GraftError) -> Int {
        skipSpace()
        let start = position
        while position < bytes.count, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[position]) {
            position += 1
        }
        let digits = bytes[start..<position]
        let leads = digits.count > 1 && digits.first == UInt8(ascii: "0")
        guard !leads, digits.count < 20, let number = Int(String(decoding: digits, as: UTF8.self)) else {
            throw damaged("expected a whole number")
        }
        return number
    }

    private mutating func string() throws(GraftError) -> String {
        try expect("\"")
        var text: [UInt8] = []
        while position < bytes.count {
            let byte = bytes[position]
            position += 1
            switch byte {
            case UInt8(ascii: "\""):
                guard let string = String(validating: text, as: UTF8.self) else {
                    throw damaged("a text that is not UTF-8")
                }
                return string
            case UInt8(ascii: "\\"): text += Array(String(try escaped()).utf8)
            case 0..<0x20: throw damaged("a control character in a text")
            default: text.append(byte)
            }
        }
        throw damaged("a text without an end")
    }

    private mutating func escaped() throws(GraftError) -> Unicode.Scalar {
        guard position < bytes.count else { throw damaged("a text without an end") }
        defer { position += 1 }
        switch bytes[position] {
        case UInt8(ascii: "\""): return "\""
        case UInt8(ascii: "\\"): return "\\"
        case UInt8(ascii: "/"): return "/"
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{C}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"):
            var code = try hexadecimal(at: position + 1)
            position += 4
            if (0xD800..<0xDC00).contains(code), position + 2 < bytes.count, bytes[position + 1] == UInt8(ascii: "\\"),
                bytes[position + 2] == UInt8(ascii: "u")
            {
                let low = try hexadecimal(at: position + 3)
                guard (0xDC00..<0xE000).contains(low) else { throw damaged("half of a character in a text") }
                code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
                position += 6
            }
            guard let scalar = Unicode.Scalar(code) else { throw damaged("half of a character in a text") }
            return scalar
        default: throw damaged("an escape that JSON does not have")
        }
    }

    private func hexadecimal(at start: Int) throws(GraftError) -> UInt32 {
        guard start + 4 <= bytes.count else { throw damaged("a text without an end") }
        var code: UInt32 = 0
        for byte in bytes[start..<start + 4] {
            guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
                throw damaged("an escape that JSON does not have")
            }
            code = code << 4 | UInt32(digit)
        }
        return code
    }

    private mutating func skipSpace() {
        while position < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[position]) { position += 1 }
    }

    private mutating func skip(_ character: Unicode.Scalar) -> Bool {
        skipSpace()
        guard position < bytes.count, bytes[position] == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }

    private mutating func expect(_ character: Unicode.Scalar) throws(GraftError) {
        guard skip(character) else { throw damaged("expected \(character)") }
    }

    private func damaged(_ message: String) -> GraftError {
        GraftError(.damaged, message, file: file, member: "header, byte \(position)")
    }
}
