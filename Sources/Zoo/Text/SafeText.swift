/// Texts that come from files, and files come from anybody: what would break a line, a table or a row, or make a terminal
/// do something, is escaped. The escape of a byte is `\x` and two hexadecimal digits: `\xE9`, `\x0A`.
extension String {
    /// The text on one line. Control characters, and others that move a terminal's cursor or turn a line around, are
    /// escaped byte by byte, and so are the bytes of names that are not UTF-8.
    package var onOneLine: String { onOneLine() }

    /// The same with another text in place of the escapes' backslash, which a format may want escaped in its turn.
    package func onOneLine(backslash: String = "\\") -> String {
        guard !isHarmless else { return self }
        var safe = UnicodeScalarView()
        for scalar in unicodeScalars { safe.append(escaped: scalar, backslash: backslash) }
        return String(safe)
    }

    /// A name as it is shown and written to documents; `init(shown:)` takes it back. The name itself where it needs no
    /// escape. Where it does, or where it looks as if it had one, a backslash of its own is `\\`.
    package var shown: String {
        let isEscaped = !isHarmless
        guard isEscaped || hasEscapes else { return self }
        var safe = UnicodeScalarView()
        for scalar in unicodeScalars {
            if scalar == "\\" { safe.append(scalar) }
            safe.append(escaped: scalar)
        }
        return String(safe)
    }

    /// The name itself where it needs no escape, and else as it is shown: what a model file may call a class.
    package var shownIfNeeded: String { isHarmless ? self : shown }

    /// The name with every byte escaped that is not ASCII, to tell two apart that look the same.
    package var spelt: String {
        var safe = UnicodeScalarView()
        for scalar in unicodeScalars { safe.append(escaped: scalar, always: !scalar.isASCII) }
        return String(safe)
    }

    /// The name that is shown so.
    package init(shown text: String) {
        guard text.hasEscapes else {
            self = text
            return
        }
        var bytes: [UInt8] = []
        var rest = text.fileBytes[...]
        while let first = rest.first {
            if let byte = Self.escape(rest) {
                bytes.append(byte)
                rest = rest.dropFirst(byte == UInt8(ascii: "\\") && rest.dropFirst().first == byte ? 2 : 4)
            } else {
                bytes.append(first)
                rest = rest.dropFirst()
            }
        }
        self = FileName.text(bytes)
    }

    /// The byte that an escape at the beginning of `bytes` stands for.
    private static func escape(_ bytes: ArraySlice<UInt8>) -> UInt8? {
        guard bytes.first == UInt8(ascii: "\\"), bytes.count > 1 else { return nil }
        let second = bytes[bytes.startIndex + 1]
        if second == UInt8(ascii: "\\") { return second }
        guard second == UInt8(ascii: "x"), bytes.count > 3 else { return nil }
        let digits = bytes[(bytes.startIndex + 2)...(bytes.startIndex + 3)]
        guard digits.allSatisfy({ (48...57).contains($0) || (65...70).contains($0) }) else { return nil }
        return UInt8(String(decoding: digits, as: UTF8.self), radix: 16)
    }

    /// Whether the text has an escape, or something that looks like one.
    private var hasEscapes: Bool {
        guard utf8.contains(UInt8(ascii: "\\")) else { return false }
        let bytes = Array(utf8)
        return bytes.indices.contains { Self.escape(bytes[$0...]) != nil }
    }

    /// Whether nothing in it needs an escape.
    private var isHarmless: Bool {
        utf8.allSatisfy { (0x20..<0x7F).contains($0) } || !unicodeScalars.contains(where: \.needsEscape)
    }
}

extension String.UnicodeScalarView {
    fileprivate mutating func append(escaped scalar: Unicode.Scalar, always: Bool = false, backslash: String = "\\") {
        guard always || scalar.needsEscape else { return append(scalar) }
        for byte in FileName.byte(of: scalar).map({ [$0] }) ?? Array(String(scalar).utf8) {
            let digits = String(byte, radix: 16, uppercase: true)
            append(contentsOf: "\(backslash)x\(digits.count < 2 ? "0" : "")\(digits)".unicodeScalars)
        }
    }
}

extension Unicode.Scalar {
    /// Joiners are left alone: emoji and whole scripts are written with them.
    fileprivate var needsEscape: Bool {
        switch properties.generalCategory {
        case .control, .lineSeparator, .paragraphSeparator: true
        case .format: self != "\u{200C}" && self != "\u{200D}"
        default: FileName.byte(of: self) != nil
        }
    }
}
