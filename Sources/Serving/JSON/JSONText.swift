extension JSONValue {
    /// The document as UTF-8, without spaces.
    package var bytes: [UInt8] {
        var text: [UInt8] = []
        write(to: &text)
        return text
    }

    private func write(to text: inout [UInt8]) {
        switch self {
        case .null: text += "null".utf8
        case .bool(let flag): text += (flag ? "true" : "false").utf8
        case .number(let number): Self.write(number, to: &text)
        case .string(let string): Self.write(string, to: &text)
        case .numbers(let numbers): Self.write(numbers, to: &text) { Self.write($0, to: &$1) }
        case .floats(let numbers):
            // JSON has no word for what is not finite.
            Self.write(numbers, to: &text) { $1 += ($0.isFinite ? "\($0)" : "null").utf8 }
        case .array(let values): Self.write(values, to: &text) { $0.write(to: &$1) }
        case .object(let members):
            text.append(UInt8(ascii: "{"))
            for (index, member) in members.enumerated() {
                if index > 0 { text.append(UInt8(ascii: ",")) }
                Self.write(member.name, to: &text)
                text.append(UInt8(ascii: ":"))
                member.value.write(to: &text)
            }
            text.append(UInt8(ascii: "}"))
        }
    }

    private static func write<Element>(
        _ elements: [Element], to text: inout [UInt8], _ body: (Element, inout [UInt8]) -> Void
    ) {
        text.append(UInt8(ascii: "["))
        for (index, element) in elements.enumerated() {
            if index > 0 { text.append(UInt8(ascii: ",")) }
            body(element, &text)
        }
        text.append(UInt8(ascii: "]"))
    }

    private static func write(_ number: Double, to text: inout [UInt8]) {
        if let integer = Int(exactly: number), integer.magnitude <= 1 << 53 {
            text += "\(integer)".utf8
        } else {
            text += (number.isFinite ? "\(number)" : "null").utf8
        }
    }

    private static func write(_ string: String, to text: inout [UInt8]) {
        text.append(UInt8(ascii: "\""))
        for byte in string.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): text += [UInt8(ascii: "\\"), byte]
            case 0x0A: text += "\\n".utf8
            case 0x0D: text += "\\r".utf8
            case 0x09: text += "\\t".utf8
            // `<` too, so that a document within a page cannot end it.
            case 0..<0x20, 0x3C, 0x7F:
                text += "\\u00".utf8
                text += [byte >> 4, byte & 15].map { Array("0123456789abcdef".utf8)[Int($0)] }
            default: text.append(byte)
            }
        }
        text.append(UInt8(ascii: "\""))
    }
}
