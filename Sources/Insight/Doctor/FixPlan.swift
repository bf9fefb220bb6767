public import Zoo

/// What to do with each picture that something was found about: a table that a person edits, and that is then carried out
/// into a new folder. Nothing is ever deleted.
public struct FixPlan: Sendable, Hashable {
    /// What becomes of a picture in the new folder.
    public enum Action: String, Sendable, Hashable, CaseIterable {
        case keep, move, drop
    }

    /// A line of the table.
    public struct Row: Sendable, Hashable {
        /// What becomes of it.
        public let action: Action
        /// The file as it was named.
        public let path: String
        /// Its class.
        public let label: String
        /// The class to move it to; a suggestion on a row that keeps.
        public let target: String
        /// Why.
        public let reason: String
    }

    /// One for each picture, in the order of the paths' first finding.
    public let rows: [Row]

    private static let header = ["action", "path", "class", "to", "reason"]

    /// What the findings suggest: copies of a kept picture and damaged files are dropped; everything that needs a person's
    /// eyes is kept.
    public init(_ report: DoctorReport) {
        var order: [String] = []
        var rows: [String: Row] = [:]
        for finding in report.findings {
            let drops: Bool
            switch finding.kind {
            case .damaged, .equal, .copy, .equalAcrossSets, .copyAcrossSets: drops = true
            default: drops = false
            }
            for entry in finding.entries {
                let reason = finding.message + (entry.other.map { " as \($0)" } ?? "")
                if rows[entry.path] == nil { order.append(entry.path) }
                let before = rows[entry.path]
                rows[entry.path] = Row(
                    action: before?.action == .drop || drops ? .drop : .keep, path: entry.path, label: entry.label,
                    target: before.map(\.target).flatMap { $0.isEmpty ? nil : $0 } ?? entry.suggested ?? "",
                    reason: (before.map { "\($0.reason); " } ?? "") + reason)
            }
        }
        self.rows = order.compactMap { rows[$0] }
    }

    /// The table as CSV (RFC 4180).
    public var csv: String {
        let lines = [Self.header] + rows.map { [$0.action.rawValue, $0.path, $0.label, $0.target, $0.reason] }
        return lines.map { $0.map(Self.quoted).joined(separator: ",") }.joined(separator: "\r\n") + "\r\n"
    }

    /// - Parameters:
    ///   - csv: a table as `csv` writes it; columns in any order, more are ignored.
    ///   - name: of the file, for errors.
    /// - Throws: `GraftError.invalidData` naming the line.
    public init(csv: String, name: String) throws(GraftError) {
        var lines = CSVLines(csv)
        func fail(_ line: Int, _ message: String, _ expected: String, _ found: String) -> GraftError {
            GraftError(
                .invalidData, message, file: name, member: "line \(line)", expected: expected, found: "'\(found)'")
        }
        guard let head = lines.next() else { throw fail(1, "no table", Self.header.joined(separator: ","), "") }
        var column: [String: Int] = [:]
        for (index, title) in head.fields.enumerated() {
            column[title.lowercased()] = column[title.lowercased()] ?? index
        }
        for title in ["action", "path"] where column[title] == nil {
            throw fail(1, "a column is missing", title, head.fields.joined(separator: ","))
        }
        var rows: [Row] = []
        var seen: Set<String> = []
        while let line = lines.next() {
            guard line.fields != [""] else { continue }
            func field(_ title: String) -> String {
                guard let index = column[title], index < line.fields.count else { return "" }
                return line.fields[index]
            }
            guard let action = Action(rawValue: field("action").lowercased()) else {
                throw fail(line.number, "unknown action", "keep, move or drop", field("action"))
            }
            let row = Row(
                action: action, path: field("path"), label: field("class"), target: field("to"),
                reason: field("reason"))
            guard !row.path.isEmpty else { throw fail(line.number, "no path", "a picture", "") }
            guard seen.insert(row.path).inserted else {
                throw fail(line.number, "a picture twice", "one line a picture", row.path)
            }
            if action == .move, row.target.isEmpty || row.target.contains("/") || row.target.hasPrefix(".") {
                throw fail(line.number, "no class to move to", "a class in the column 'to'", row.target)
            }
            rows.append(row)
        }
        self.rows = rows
    }

    private static func quoted(_ field: String) -> String {
        guard field.utf8.contains(where: { [0x22, 0x2C, 0x0A, 0x0D].contains($0) }) else { return field }
        return "\"" + field.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
    }
}

/// The lines of a CSV text; a field in quotes may hold commas, line ends and doubled quotes.
struct CSVLines {
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
