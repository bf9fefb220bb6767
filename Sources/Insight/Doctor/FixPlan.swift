package import Zoo

/// What to do with each picture that something was found about: a table that a person edits, and that is then carried out
/// into a new folder. Nothing is ever deleted.
package struct FixPlan: Sendable, Hashable {
    /// What becomes of a picture in the new folder.
    package enum Action: String, Sendable, Hashable, CaseIterable {
        case keep, move, drop
    }

    /// A line of the table.
    package struct Row: Sendable, Hashable {
        /// What becomes of it.
        package let action: Action
        /// The file as it was named.
        package let path: String
        /// Its class.
        package let label: String
        /// The class to move it to; a suggestion on a row that keeps.
        package let target: String
        /// Why.
        package let reason: String
    }

    /// One for each picture, in the order of the paths' first finding.
    package let rows: [Row]

    private static let header = ["action", "path", "class", "to", "reason"]

    /// What the findings suggest: copies of a kept picture and damaged files are dropped; everything that needs a person's
    /// eyes is kept.
    package init(_ report: DoctorReport) {
        var order: [[UInt8]] = []
        var rows: [[UInt8]: Row] = [:]
        for finding in report.findings {
            let drops: Bool
            switch finding.kind {
            case .damaged, .equal, .copy, .equalAcrossSets, .copyAcrossSets: drops = true
            default: drops = false
            }
            for entry in finding.entries {
                let reason = finding.message + (entry.other.map { " as \($0.shown)" } ?? "")
                let key = entry.path.byteKey
                let before = rows[key]
                if before == nil { order.append(key) }
                rows[key] = Row(
                    action: before?.action == .drop || drops ? .drop : .keep, path: entry.path, label: entry.label,
                    target: before.map(\.target).flatMap { $0.isEmpty ? nil : $0 } ?? entry.suggested ?? "",
                    reason: (before.map { "\($0.reason); " } ?? "") + reason)
            }
        }
        self.rows = order.compactMap { rows[$0] }
    }

    /// The table as CSV (RFC 4180). Paths are escaped: `caf\xE9.jpg`.
    package var csv: String {
        CSVText.table(
            [Self.header] + rows.map { [$0.action.rawValue, $0.path.shown, $0.label, $0.target, $0.reason] })
    }

    /// - Parameters:
    ///   - csv: a table as `csv` writes it; columns in any order, more are ignored.
    ///   - name: of the file, for errors.
    /// - Throws: `GraftError.invalidData` naming the line.
    package init(csv: String, name: String) throws(GraftError) {
        func fail(_ line: Int, _ message: String, _ expected: String, _ found: String) -> GraftError {
            GraftError(
                .invalidData, message, file: name, member: "line \(line)", expected: expected, found: "'\(found)'")
        }
        let table = CSVTable(csv)
        for title in ["action", "path"] where !table.titles.contains(title) {
            throw fail(1, "a column is missing", title, table.titles.sorted().joined(separator: ","))
        }
        var rows: [Row] = []
        var seen: Set<[UInt8]> = []
        for line in table.lines {
            guard let action = Action(rawValue: line["action"].lowercased()) else {
                throw fail(line.number, "unknown action", "keep, move or drop", line["action"])
            }
            let row = Row(
                action: action, path: String(shown: line["path"]), label: line["class"], target: line["to"],
                reason: line["reason"])
            guard !row.path.isEmpty else { throw fail(line.number, "no path", "a picture", "") }
            guard seen.insert(row.path.byteKey).inserted else {
                throw fail(line.number, "a picture twice", "one line a picture", row.path.shown)
            }
            if action == .move, !ClassName.isFolder(row.target) {
                throw fail(line.number, "no class to move to", "a class in the column 'to'", row.target)
            }
            rows.append(row)
        }
        self.rows = rows
    }
}

/// Names of classes that a person wrote into a table.
enum ClassName {
    /// Whether a folder may have that name, written as it is shown, and lies where it should.
    static func isFolder(_ name: String) -> Bool {
        let bytes = String(shown: name).fileBytes
        return !bytes.isEmpty && bytes.first != UInt8(ascii: ".")
            && !bytes.contains { $0 == 0 || $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "\\") }
    }
}
