import Images
import Zoo

/// A table of pictures and their classes: a CSV file with the columns `path`, relative to the file's folder, and `label`.
/// Other columns are passed over, with a note.
struct PictureSheet {
    private static let pathNames = ["path", "file", "filename", "image"]
    private static let labelNames = ["label", "class"]

    let file: String
    /// The classes that are there, naturally sorted.
    let classes: [String]
    let notes: [String]
    private let entries: [(line: Int, path: String, label: String)]

    /// Whether a path names a table and not a folder.
    static func isSheet(_ path: String) -> Bool {
        path.lowercased().hasSuffix(".csv") && Folder.kind(of: path) == .file
    }

    /// - Throws: `GraftError` `.invalidData` with file and line for what cannot be learnt from.
    init(file: String) throws(GraftError) {
        let table = try CSVTable(try readFile(file, limit: CSVTable.byteLimit), file: file)
        guard let path = table.column(Self.pathNames), let label = table.column(Self.labelNames) else {
            let missing = table.column(Self.pathNames) == nil ? "path" : "label"
            throw GraftError(
                .invalidData, "the table has no column '\(missing)'", file: file, member: "line 1",
                expected: "the columns path and label", found: ImageFolder.list(table.names))
        }
        self.file = file
        let folder = file.lastIndex(of: "/").map { String(file[...$0]) } ?? ""
        var entries: [(line: Int, path: String, label: String)] = []
        var lines: [String: Int] = [:]
        for row in table.rows {
            let (name, label) = (row.fields[path], row.fields[label])
            guard !name.isEmpty, !label.isEmpty else {
                throw GraftError(
                    .invalidData, name.isEmpty ? "a row without a path" : "a row without a label", file: file,
                    member: "line \(row.line)")
            }
            if let first = lines[name] {
                throw GraftError(
                    .invalidData, "a picture that stands there twice", file: file, member: "line \(row.line)",
                    found: "'\(name)', as in line \(first)", remedy: "keep one row for each picture")
            }
            lines[name] = row.line
            entries.append((row.line, name.hasPrefix("/") ? name : folder + name, label))
        }
        guard !entries.isEmpty else {
            throw GraftError(.invalidData, "the table names no pictures", file: file)
        }
        self.entries = entries
        classes = Set(entries.map(\.label)).sorted(by: precedesNaturally)
        let others = table.names.indices.filter { $0 != path && $0 != label }.map { table.names[$0] }
        notes = others.isEmpty ? [] : ["'\(file)': columns passed over: \(ImageFolder.list(others))"]
    }

    /// The pictures by class and then naturally by path, so that the order of the rows does not matter.
    /// - Throws: `GraftError` `.invalidData` for a class that is none of those.
    func pictures(of classes: [String]) throws(GraftError) -> [LabelledPicture] {
        let numbers = Dictionary(classes.enumerated().map { ($1, $0) }) { first, _ in first }
        var pictures: [LabelledPicture] = []
        for entry in entries {
            guard let label = numbers[entry.label] else {
                var error = GraftError.unknown("class", entry.label, among: classes)
                error.context.file = file
                error.context.member = "line \(entry.line)"
                throw error
            }
            pictures.append(LabelledPicture(path: entry.path, label: label))
        }
        return pictures.sorted { a, b in
            a.label != b.label ? a.label < b.label : precedesNaturally(a.path, b.path)
        }
    }
}
