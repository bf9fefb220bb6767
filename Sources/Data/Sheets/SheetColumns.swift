import Zoo

/// Which columns of a table say what of a picture, and how a field of them is read.
struct SheetColumns {
    private static let labelNames = ["label", "class"]
    private static let labelsNames = ["labels", "tags"]
    private static let valueNames = ["value", "target"]
    /// Those that are looked for where nobody says what parts labels. A space is not: names have spaces.
    private static let separators = [";", "|", ","]

    let task: ModelTask
    /// The columns that are read.
    let used: [Int]
    /// The names that columns give; nil where fields do.
    let names: [String]?
    let notes: [String]

    private let table: CSVTable
    private let file: String
    /// What parts labels in one field; nil for a column of 0 and 1 a label.
    private let separator: String?

    /// - Parameters:
    ///   - path: the column of paths.
    ///   - wanted: the names of the outputs, where they are known.
    /// - Throws: `GraftError` `.invalidData` where the columns do not fit what is to be learnt.
    init(
        _ table: CSVTable, path: Int, reading: TableReading, names wanted: [String]?, file: String
    ) throws(GraftError) {
        self.table = table
        self.file = file
        let task = if let stated = reading.task { stated } else { try Self.task(of: table, file: file) }
        self.task = task
        var notes: [String] = []
        switch task {
        case .classification:
            used = [try Self.require(table.column(Self.labelNames), "label", table, file)]
            (names, separator) = (nil, nil)
        case .multilabel:
            if let column = table.column(Self.labelsNames) ?? table.column(Self.labelNames) {
                let fields = table.rows.map { $0.fields[column] }
                let found = Self.separator(reading.separator, in: fields, names: wanted)
                if reading.separator == nil, !fields.contains(where: { $0.contains(found) }),
                    fields.contains(where: { $0.contains(" ") })
                {
                    notes.append(
                        "no field of '\(table.names[column])' has ';', '|' or a comma: each is one label; labels parted "
                            + "by spaces need data.separator: ' '")
                }
                used = [column]
                (names, separator) = (nil, found)
            } else {
                used = try Self.columns(wanted, of: table, beside: path, task, file) { ["0", "1"].contains($0) }
                names = used.map { table.names[$0] }
                separator = nil
            }
        case .regression:
            if wanted == nil, let column = table.column(Self.valueNames) {
                used = [column]
            } else {
                used = try Self.columns(wanted, of: table, beside: path, task, file) { Self.number($0) != nil }
            }
            names = used.map { table.names[$0] }
            separator = nil
        }
        self.notes = notes
    }

    /// What the names of the columns say.
    private static func task(of table: CSVTable, file: String) throws(GraftError) -> ModelTask {
        if table.column(labelNames) != nil { return .classification }
        if table.column(labelsNames) != nil { return .multilabel }
        if table.column(valueNames) != nil { return .regression }
        throw missing("label", table, file)
    }

    private static func require(
        _ column: Int?, _ name: String, _ table: CSVTable, _ file: String
    ) throws(GraftError) -> Int {
        guard let column else { throw missing(name, table, file) }
        return column
    }

    private static func missing(_ name: String, _ table: CSVTable, _ file: String) -> GraftError {
        GraftError(
            .invalidData, "the table has no column '\(name)'", file: file, member: "line 1",
            expected: "the columns path and label, labels or value", found: ImageFolder.list(table.names),
            remedy: "columns of 0 and 1, or of numbers, need data.task: multilabel or regression")
    }

    /// The columns with those names; without names, all whose fields fit.
    private static func columns(
        _ wanted: [String]?, of table: CSVTable, beside path: Int, _ task: ModelTask, _ file: String,
        where fits: (String) -> Bool
    ) throws(GraftError) -> [Int] {
        if let wanted {
            var columns: [Int] = []
            for name in wanted {
                guard let column = table.names.firstIndex(of: name) else {
                    var error = GraftError.unknown("column", name, among: table.names)
                    error.context.file = file
                    throw error
                }
                columns.append(column)
            }
            return columns
        }
        let found = table.names.indices.filter { column in
            column != path && table.rows.allSatisfy { fits($0.fields[column].trimmingSpaces) }
        }
        guard !found.isEmpty else {
            throw GraftError(
                .invalidData, "the table has no column for '\(task.rawValue)'", file: file, member: "line 1",
                expected: task == .multilabel ? "a column labels, or columns of 0 and 1" : "a column of numbers",
                found: ImageFolder.list(table.names))
        }
        return found
    }

    /// - Parameter names: of the labels, where they are known: then a space parts labels too, where that gives known names.
    private static func separator(_ given: String?, in fields: [String], names: [String]?) -> String {
        if let given { return given }
        guard let names else {
            return separators.first { separator in fields.contains { $0.contains(separator) } } ?? separators[0]
        }
        let known = Set(names.map(\.byteKey))
        return (separators + [" "]).first { separator in
            fields.contains { $0.contains(separator) }
                && fields.allSatisfy { parts($0, separator).allSatisfy { known.contains($0.byteKey) } }
        } ?? separator(nil, in: fields, names: nil)
    }

    private static func parts(_ field: String, _ separator: String) -> [String] {
        field.split(separator: separator).map { String($0).trimmingSpaces }.filter { !$0.isEmpty }
    }

    /// Decimal, with a point, finite.
    private static func number(_ text: String) -> Float? {
        guard text.utf8.allSatisfy({ "+-.0123456789eE".utf8.contains($0) }) else { return nil }
        return Float(text).flatMap { $0.isFinite ? $0 : nil }
    }

    // MARK: rows

    /// The class, or the labels, none of them twice.
    /// - Throws: `GraftError` `.invalidData` with file and line.
    func labels(of row: CSVTable.Row) throws(GraftError) -> [String] {
        guard task == .multilabel else {
            guard !row.fields[used[0]].isEmpty else {
                throw GraftError(.invalidData, "a row without a label", file: file, member: "line \(row.line)")
            }
            return [row.fields[used[0]]]
        }
        if let separator { return Self.parts(row.fields[used[0]], separator) }
        var labels: [String] = []
        for column in used {
            switch row.fields[column].trimmingSpaces {
            case "1": labels.append(table.names[column])
            case "0": break
            case let other:
                throw GraftError(
                    .invalidData, "a label's column says something else than 0 or 1", file: file,
                    member: "line \(row.line), column '\(table.names[column])'", found: "'\(other)'")
            }
        }
        return labels
    }

    /// One number a column.
    /// - Throws: `GraftError` `.invalidData` with file, line and column.
    func values(of row: CSVTable.Row) throws(GraftError) -> [Float] {
        var values: [Float] = []
        for column in used {
            guard let value = Self.number(row.fields[column].trimmingSpaces) else {
                throw GraftError(
                    .invalidData, "not a number", file: file,
                    member: "line \(row.line), column '\(table.names[column])'",
                    expected: "decimal digits with a point, as in 12.5", found: "'\(row.fields[column])'")
            }
            values.append(value)
        }
        return values
    }
}
