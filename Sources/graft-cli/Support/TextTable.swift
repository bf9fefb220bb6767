/// Rows in columns for a terminal: two spaces between, numbers to the right.
struct TextTable {
    enum Alignment { case left, right }

    private let header: [String]
    private let alignments: [Alignment]
    private var rows: [[String]] = []

    init(_ columns: [(title: String, alignment: Alignment)]) {
        header = columns.map(\.title)
        alignments = columns.map(\.alignment)
    }

    mutating func add(_ cells: String...) { rows.append(cells) }

    mutating func add(_ cells: [String]) { rows.append(cells) }

    /// The lines, header first.
    var lines: [String] {
        let all = [header] + rows
        let widths = header.indices.map { column in all.map { $0[column].count }.max() ?? 0 }
        return all.enumerated().map { index, row in
            var line = ""
            for column in row.indices {
                let gap = String(repeating: " ", count: widths[column] - row[column].count)
                let cell = alignments[column] == .left ? row[column] + gap : gap + row[column]
                line += (column == 0 ? "" : "  ") + cell
            }
            while line.last == " " { line.removeLast() }
            return index == 0 ? Terminal.styled(line, .strong) : line
        }
    }

    func show() { for line in lines { print(line) } }
}
