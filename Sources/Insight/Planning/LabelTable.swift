package import Zoo

/// Pictures that a person has given a class: what the sheet of `graft pick --html` saves.
package struct LabelTable: Sendable, Hashable {
    /// The class of each path, by its bytes; pictures without one are left out.
    package let classes: [[UInt8]: String]

    /// - Parameters:
    ///   - csv: a table with the columns `path` and `class`; more are ignored.
    ///   - name: of the file, for errors.
    /// - Throws: `GraftError.invalidData` naming the line.
    package init(csv: String, name: String) throws(GraftError) {
        let table = CSVTable(csv)
        for title in ["path", "class"] where !table.titles.contains(title) {
            throw GraftError(
                .invalidData, "a column is missing", file: name, member: "line 1", expected: title,
                found: table.titles.sorted().joined(separator: ","))
        }
        var classes: [[UInt8]: String] = [:]
        for line in table.lines where !line["class"].isEmpty {
            guard ClassName.isFolder(line["class"]) else {
                throw GraftError(
                    .invalidData, "no name for a class", file: name, member: "line \(line.number)",
                    expected: "a name without slashes that does not begin with a dot", found: line["class"])
            }
            classes[String(shown: line["path"]).byteKey] = line["class"]
        }
        self.classes = classes
    }

    /// Copies the labelled ones among those pictures.
    /// - Returns: how many were copied.
    /// - Throws: `GraftError.invalidData` where none of them has a class; `unwritable`.
    package func copy(from paths: [String], to output: String) throws(GraftError) -> Int {
        let labelled = paths.filter { classes[$0.byteKey] != nil }
        guard !labelled.isEmpty else {
            throw GraftError(
                .invalidData, "the table gives none of these pictures a class", expected: "\(paths.count) pictures",
                found: "\(classes.count) others", remedy: "name the same folder as when they were picked")
        }
        var copier = ClassCopier(output: output)
        for path in labelled { try copier.copy(path, to: classes[path.byteKey] ?? "") }
        return labelled.count
    }
}
