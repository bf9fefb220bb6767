import Zoo

/// A table of texts, as RFC 4180 has it: a row of names, then rows of as many fields. Commas part fields, line feeds (with
/// or without a carriage return) part rows, quotes enclose what holds any of them, and are doubled inside. Nothing else is
/// guessed at: what does not fit is an error with its line.
struct CSVTable: Sendable, Hashable {
    /// One row, and the line that it begins in.
    struct Row: Sendable, Hashable {
        let line: Int
        let fields: [String]
    }

    /// The greatest length of a file, in bytes.
    static let byteLimit = 1 << 28
    private static let columnLimit = 10_000

    /// The names of the columns, without spaces around them.
    let names: [String]
    let rows: [Row]

    /// - Parameter file: what messages call it.
    /// - Throws: `GraftError` `.invalidData` with file and line.
    init(_ bytes: [UInt8], file: String) throws(GraftError) {
        let start = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
        var reader = Reader(bytes: bytes[start...], file: file)
        guard let header = try reader.row() else {
            throw GraftError(
                .invalidData, "the table is empty", file: file, expected: "a first row with the names of the columns")
        }
        names = header.fields.map { $0.trimmingSpaces }
        if let name = names.first(where: \.isEmpty) ?? Self.firstRepeated(names) {
            throw GraftError(
                .invalidData, name.isEmpty ? "a column has no name" : "two columns are called '\(name)'", file: file,
                member: "line 1")
        }
        guard names.count <= Self.columnLimit else {
            throw GraftError(
                .tooLarge, "too many columns", file: file, expected: "at most \(Self.columnLimit)",
                found: "\(names.count)")
        }
        var rows: [Row] = []
        while let row = try reader.row() {
            guard row.fields.count == names.count else {
                throw GraftError(
                    .invalidData, "a row of another length than the first", file: file, member: "line \(row.line)",
                    expected: NumberText.counted(names.count, "field"), found: "\(row.fields.count)",
                    remedy: row.fields.count > names.count ? "put quotes around texts with commas" : nil)
            }
            rows.append(row)
        }
        self.rows = rows
    }

    /// The place of the first of those columns that is there.
    func column(_ known: [String]) -> Int? {
        known.lazy.compactMap { names.firstIndex(of: $0) }.first
    }

    private static func firstRepeated(_ names: [String]) -> String? {
        var seen: Set<String> = []
        return names.first { !seen.insert($0).inserted }
    }

    private struct Reader {
        let bytes: ArraySlice<UInt8>
        let file: String
        var position: Int
        var line = 1

        init(bytes: ArraySlice<UInt8>, file: String) {
            self.bytes = bytes
            self.file = file
            position = bytes.startIndex
        }

        private var next: UInt8? { position < bytes.endIndex ? bytes[position] : nil }

        /// nil at the end. A line break at the end begins no row.
        mutating func row() throws(GraftError) -> Row? {
            guard next != nil else { return nil }
            let start = line
            var fields: [String] = []
            while true {
                fields.append(try field())
                switch next {
                case UInt8(ascii: ","):
                    position += 1
                    continue
                case nil:
                    break
                default:
                    try lineBreak()
                }
                return Row(line: start, fields: fields)
            }
        }

        private mutating func lineBreak() throws(GraftError) {
            if next == UInt8(ascii: "\r") { position += 1 }
            guard next == UInt8(ascii: "\n") else { throw wrong("a carriage return without a line feed") }
            position += 1
            line += 1
        }

        private mutating func field() throws(GraftError) -> String {
            guard next == UInt8(ascii: "\"") else {
                let start = position
                while let byte = next, !",\r\n".utf8.contains(byte) {
                    guard byte != UInt8(ascii: "\"") else {
                        throw wrong("a quote inside a field that does not begin with one")
                    }
                    position += 1
                }
                return try text(Array(bytes[start..<position]))
            }
            let start = line
            position += 1
            var content: [UInt8] = []
            while let byte = next {
                position += 1
                if byte == UInt8(ascii: "\n") { line += 1 }
                guard byte == UInt8(ascii: "\"") else {
                    content.append(byte)
                    continue
                }
                if next == UInt8(ascii: "\"") {
                    content.append(byte)
                    position += 1
                    continue
                }
                guard next.map({ ",\r\n".utf8.contains($0) }) ?? true else { throw wrong("text after a closing quote") }
                return try text(content)
            }
            line = start
            throw wrong("a quote that is never closed")
        }

        private func text(_ bytes: [UInt8]) throws(GraftError) -> String {
            guard let text = String(validating: bytes, as: UTF8.self), !text.utf8.contains(0) else {
                throw wrong("not UTF-8 text")
            }
            return text
        }

        private func wrong(_ what: String) -> GraftError {
            GraftError(
                .invalidData, what, file: file, member: "line \(line)",
                remedy: "write the table as RFC 4180 has it: commas, and quotes around texts that hold commas")
        }
    }
}

extension String {
    /// The text without spaces and tabs around it.
    var trimmingSpaces: String {
        var rest = self[...]
        while let first = rest.first, first == " " || first == "\t" { rest.removeFirst() }
        while let last = rest.last, last == " " || last == "\t" { rest.removeLast() }
        return String(rest)
    }
}
