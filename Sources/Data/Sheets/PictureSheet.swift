import Images
import Zoo

/// A table of pictures and what is known of them: a CSV file with a column `path`, relative to the file's folder, and
/// - `label`, the class of each picture;
/// - or `labels`, any number of them in one field, or a column of 0 and 1 for each label;
/// - or `value`, or columns of numbers with names of their own.
///
/// Other columns are passed over, with a note.
struct PictureSheet {
    private static let pathNames = ["path", "file", "filename", "image"]

    /// What a row says, before names have places.
    private enum Content {
        case names([String])
        case values([Float])
    }

    private struct Entry {
        let line: Int
        let path: String
        let content: Content
    }

    let file: String
    let task: ModelTask
    /// The classes or labels that are there, naturally sorted; columns as they stand in the table.
    let names: [String]
    let notes: [String]
    private let entries: [Entry]

    /// The table that a path stands for: itself, or `labels.csv` in that folder; nil for a folder without one.
    static func table(at path: String) -> String? {
        if path.lowercased().hasSuffix(".csv"), Folder.kind(of: path) == .file { return path }
        let inside = PathText.join(path, "labels.csv")
        return Folder.kind(of: path)?.isFolder == true && Folder.kind(of: inside) == .file ? inside : nil
    }

    /// - Parameter wanted: the names of the outputs, where they are known.
    /// - Throws: `GraftError` `.invalidData` with file and line for what cannot be learnt from.
    init(file: String, reading: TableReading = TableReading(), names wanted: [String]? = nil) throws(GraftError) {
        let table = try CSVTable(try readFile(file, limit: CSVTable.byteLimit), file: file)
        guard let path = table.column(Self.pathNames) else {
            throw GraftError(
                .invalidData, "the table has no column 'path'", file: file, member: "line 1",
                expected: "the columns path and label", found: ImageFolder.list(table.names))
        }
        guard !table.rows.isEmpty else {
            throw GraftError(.invalidData, "the table names no pictures", file: file)
        }
        let columns = try SheetColumns(table, path: path, reading: reading, names: wanted, file: file)
        self.file = file
        task = columns.task
        let folder = file.lastIndex(of: "/").map { String(file[...$0]) } ?? ""
        var entries: [Entry] = []
        // By bytes: two files' names may be equal strings.
        var lines: [[UInt8]: Int] = [:]
        for row in table.rows {
            let name = row.fields[path]
            guard !name.isEmpty else {
                throw GraftError(.invalidData, "a row without a path", file: file, member: "line \(row.line)")
            }
            if let first = lines.updateValue(row.line, forKey: name.byteKey) {
                throw GraftError(
                    .invalidData, "a picture that stands there twice", file: file, member: "line \(row.line)",
                    found: "'\(name)', as in line \(first)", remedy: "keep one row for each picture")
            }
            let content: Content =
                switch columns.task {
                case .classification, .multilabel: .names(try columns.labels(of: row))
                case .regression: .values(try columns.values(of: row))
                }
            entries.append(
                Entry(line: row.line, path: name.hasPrefix("/") ? name : folder + name, content: content))
        }
        self.entries = entries
        if let names = columns.names {
            self.names = names
        } else {
            let found = entries.flatMap { if case .names(let names) = $0.content { names } else { [String]() } }
            self.names = Dictionary(found.map { ($0.byteKey, $0) }) { first, _ in first }.values
                .sorted(by: precedesNaturally)
        }
        let others = table.names.indices.filter { $0 != path && !columns.used.contains($0) }.map { table.names[$0] }
        notes =
            (others.isEmpty ? [] : ["'\(file)': columns passed over: \(ImageFolder.list(others))"])
            + columns.notes.map { "'\(file)': \($0)" }
    }

    /// The pictures with what is known of them; sorted by class, then naturally by path, so that the order of the rows does
    /// not matter.
    /// - Parameter names: of the outputs, in order. Those of numbers are the table's own.
    /// - Throws: `GraftError` `.invalidData` for a class or label that is none of those.
    func pictures(of names: [String]) throws(GraftError) -> [LabelledPicture] {
        let numbers = Dictionary(names.enumerated().map { ($1.byteKey, $0) }) { first, _ in first }
        var pictures: [LabelledPicture] = []
        for entry in entries {
            let target: Target
            switch entry.content {
            case .values(let values): target = .values(values)
            case .names(let own):
                var places: [Int] = []
                for name in own {
                    guard let place = numbers[name.byteKey] else {
                        var error = GraftError.unknown(task.outputNoun, name, among: names)
                        error.context.file = file
                        error.context.member = "line \(entry.line)"
                        throw error
                    }
                    places.append(place)
                }
                target = task == .multilabel ? .labels(Set(places).sorted()) : .oneOf(places[0])
            }
            pictures.append(LabelledPicture(path: entry.path, target: target))
        }
        return pictures.sorted { a, b in
            a.label != b.label ? (a.label ?? 0) < (b.label ?? 0) : precedesNaturally(a.path, b.path)
        }
    }
}
