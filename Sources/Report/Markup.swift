import Zoo

/// A piece of HTML or SVG. A literal is markup as written; a text put into it by `\(…)` is escaped, so that the names of
/// files and classes stay names, whatever they hold. `\(markup)` of another `Markup` goes in as it is.
struct Markup: ExpressibleByStringInterpolation {
    private(set) var text: String

    init(stringLiteral value: String) { text = value }

    /// What is markup already.
    init(_ literal: StaticString) { text = "\(literal)" }

    init(stringInterpolation: StringInterpolation) { text = stringInterpolation.text }

    struct StringInterpolation: StringInterpolationProtocol {
        fileprivate var text = ""

        init(literalCapacity: Int, interpolationCount: Int) { text.reserveCapacity(literalCapacity * 2) }

        mutating func appendLiteral(_ literal: String) { text += literal }

        mutating func appendInterpolation(_ markup: Markup) { text += markup.text }

        mutating func appendInterpolation(_ parts: [Markup]) {
            for part in parts { text += part.text }
        }

        mutating func appendInterpolation(_ string: String) { text += Markup.escape(string) }

        mutating func appendInterpolation(_ number: Int) { text += String(number) }

        /// A coordinate or share, with at most three decimals.
        mutating func appendInterpolation(_ number: Double) { text += NumberText.short(number) }
    }

    static func + (left: Markup, right: Markup) -> Markup { "\(left)\(right)" }

    static func += (left: inout Markup, right: Markup) { left.text += right.text }

    /// Safe between tags and inside double or single quotes, in HTML and in XML. Control characters, which XML forbids,
    /// and marks that turn the direction of text are escaped as on a terminal.
    static func escape(_ string: String) -> String {
        // Pictures inside a page are long, and plain.
        if string.utf8.allSatisfy(isPlain) { return string }
        var result = String.UnicodeScalarView()
        result.reserveCapacity(string.unicodeScalars.count)
        for scalar in string.unicodeScalars {
            switch scalar {
            case "&": result.append(contentsOf: "&amp;".unicodeScalars)
            case "<": result.append(contentsOf: "&lt;".unicodeScalars)
            case ">": result.append(contentsOf: "&gt;".unicodeScalars)
            case "\"": result.append(contentsOf: "&quot;".unicodeScalars)
            case "'": result.append(contentsOf: "&#39;".unicodeScalars)
            case "\n", "\t": result.append(scalar)
            case "\u{FFFE}", "\u{FFFF}": result.append("\u{FFFD}")
            default: result.append(contentsOf: String(scalar).onOneLine.unicodeScalars)
            }
        }
        return String(result)
    }

    /// A printable character of ASCII that means nothing in markup.
    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "&"), UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "\""), UInt8(ascii: "'"): false
        default: (0x20..<0x7F).contains(byte)
        }
    }
}
