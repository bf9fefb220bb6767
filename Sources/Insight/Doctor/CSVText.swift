/// Tables as text (RFC 4180).
enum CSVText {
    /// Fields are quoted where a comma, quote or line break makes it necessary.
    static func table(_ lines: [[String]]) -> String {
        lines.map { $0.map(quoted).joined(separator: ",") }.joined(separator: "\r\n") + "\r\n"
    }

    private static func quoted(_ field: String) -> String {
        guard field.utf8.contains(where: { [0x22, 0x2C, 0x0A, 0x0D].contains($0) }) else { return field }
        return "\"" + field.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
    }
}

/// A table's lines by the titles of its columns, which may be in any order; more columns are ignored.
struct CSVTable {
    /// A line's fields by title, and its number.
    struct Line {
        let number: Int
        fileprivate let fields: [String: String]

        subscript(title: String) -> String { fields[title] ?? "" }
    }

    let lines: [Line]

    /// - Parameter required: the first of them that is missing is named; nil where none is.
    init(_ text: String) {
        var reader = CSVLines(text)
        let head = reader.next()?.fields.map { $0.lowercased() } ?? []
        titles = Set(head)
        var lines: [Line] = []
        while let line = reader.next() {
            guard line.fields != [""] else { continue }
            let pairs = zip(head, line.fields).map { ($0, $1) }
            lines.append(Line(number: line.number, fields: Dictionary(pairs) { first, _ in first }))
        }
        self.lines = lines
    }

    let titles: Set<String>
}

/// The lines of a CSV text; a field in quotes may hold commas, line ends and doubled quotes.
private struct CSVLines {
    private let scalars: [Unicode.Scalar]
    private var position = 0
    private var number = 1

    init(_ text: String) {
        let all = Array(text.unicodeScalars)
        scalars = all.first == "\u{FEFF}" ? Array(all.dropFirst()) : all
    }

    /// The next line's fields, and the number of its first line.
    mutating func next() -> (fields: [String], number: Int)? {
        guard position < scalars.count else { return nil }
        let first = number
        var fields: [String] = []
        var field = String.UnicodeScalarView()
        var isQuoted = false
        while position < scalars.count {
            let scalar = scalars[position]
            position += 1
            if scalar == "\n" { number += 1 }
            if isQuoted {
                if scalar != "\"" {
                    field.append(scalar)
                } else if position < scalars.count, scalars[position] == "\"" {
                    field.append(scalar)
                    position += 1
                } else {
                    isQuoted = false
                }
            } else if scalar == "\"", field.isEmpty {
                isQuoted = true
            } else if scalar == "," {
                fields.append(String(field))
                field = .init()
            } else if scalar == "\n" {
                break
            } else if scalar != "\r" {
                field.append(scalar)
            }
        }
        fields.append(String(field))
        return (fields, first)
    }
}
