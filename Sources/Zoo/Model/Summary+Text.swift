extension Summary {
    /// How much of the model a table shows.
    public enum Detail: String, Sendable, CaseIterable {
        case layers, stages
    }

    /// The table as text, with totals below it.
    public func text(_ detail: Detail = .layers) -> String {
        let rows =
            switch detail {
            case .layers: layers
            case .stages: stages
            }
        let header = ["Layer", "Operation", "Input", "Output", "Parameters", "Trainable", "Multiply-adds"]
        let cells = rows.map { row in
            [
                row.name, row.operation, Tensor.describe(row.input), Tensor.describe(row.output),
                row.parameters == 0 ? "" : NumberText.grouped(row.parameters),
                row.parameters == 0 ? "" : row.trainable == 0 ? "no" : "yes",
                row.multiplyAdds == 0 ? "" : NumberText.grouped(row.multiplyAdds),
            ]
        }
        let widths = header.indices.map { column in ([header] + cells).map { $0[column].count }.max() ?? 0 }
        func line(_ cells: [String]) -> String {
            let padded = cells.indices.map { column in
                let space = String(repeating: " ", count: widths[column] - cells[column].count)
                return Self.numberColumns.contains(column) ? space + cells[column] : cells[column] + space
            }
            return trimmed(padded.joined(separator: "  "))
        }
        let rule = String(repeating: "-", count: line(header).count)
        let totals = [
            "Parameters     \(NumberText.grouped(parameters)) "
                + "(trainable \(NumberText.grouped(trainable)), frozen \(NumberText.grouped(parameters - trainable)))",
            "Multiply-adds  \(NumberText.grouped(multiplyAdds)) an image",
        ]
        return ([line(header), rule] + cells.map(line) + [rule] + totals).joined(separator: "\n") + "\n"
    }

    /// The columns that are aligned to the right.
    private static let numberColumns: Set = [4, 6]

    private func trimmed(_ line: String) -> String {
        String(line.reversed().drop { $0 == " " }.reversed())
    }
}
