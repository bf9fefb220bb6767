import Images
package import Zoo

/// A picture and what is known of it.
package struct LabelledPicture: Sendable, Hashable {
    /// The file, below the folder as the user named it.
    package let path: String
    /// What is to be learnt of it.
    package let target: Target

    /// A picture of which that is known.
    package init(path: String, target: Target) {
        self.path = path
        self.target = target
    }

    /// A picture of that class.
    package init(path: String, label: Int) { self.init(path: path, target: .oneOf(label)) }

    /// The index of its class; nil where it has no single one.
    package var label: Int? { target.label }
}

/// Pictures sorted into folders, one folder a class: `PATH/CLASS/*.jpg`; or a CSV file that says of each picture its class,
/// its labels or its numbers. A folder that holds `labels.csv` is read by that file.
///
/// Classes are sorted naturally (2 before 10), pictures by class and then naturally by path, so that the order depends on
/// names only. A class is named as its folder is, bytes that are not UTF-8 and control characters escaped (`caf\xE9`).
/// Pictures in folders inside a class folder count as that class. Hidden and system files, files that are not
/// pictures by their extension, empty class folders and links that lead back up are passed over and mentioned in `notes`.
package struct ImageFolder: Sendable {
    /// The extensions that count as pictures. What a file really holds is seen when it is decoded.
    package static var extensions: Set<String> { PictureFormats.extensions }

    /// The folder as the user named it.
    package let path: String
    /// What is to be learnt of the pictures.
    package let task: ModelTask
    /// The names of classes, labels or values, in the order of a model's outputs.
    package let classes: [String]
    /// Every picture, by class and then by path.
    package let pictures: [LabelledPicture]
    /// What was passed over, and other things worth knowing: one line each.
    package let notes: [String]
    /// The folders that the pictures are in.
    private let places: Set<FolderIdentity>

    /// Scans a folder to train on.
    /// - Parameters:
    ///   - chosen: the names of all class folders in the order wanted; nil to sort them naturally. Of a table, the labels,
    ///     or the columns of numbers.
    ///   - reading: how a table is to be understood.
    /// - Throws: `GraftError.invalidData` for a folder that is missing, empty, flat, or has fewer than two classes, or
    ///   with other classes than the chosen ones: the error shows the difference.
    package init(
        path: String, classes chosen: [String]? = nil, reading: TableReading = TableReading()
    ) throws(GraftError) {
        if let file = PictureSheet.table(at: path) {
            try self.init(path: path, sheet: file, classes: chosen, reading: reading)
            return
        }
        try Self.requireTable(reading.task, path)
        let scan = try FolderScan(root: path)
        var found = scan.classes
        if let chosen {
            let names = try Self.check(chosen, against: scan, in: path)
            let byName = Self.byName(found)
            found = names.compactMap { byName[Array($0.utf8)] }
        }
        try scan.requireClasses(found)
        self.init(
            path: path, classes: found.map(\.name), pictures: Self.label(found), notes: scan.notes, places: scan.places)
    }

    /// Scans a folder to test on, whose class folders must be among `classes`.
    /// - Parameter reading: how a table is to be understood; its task is the model's.
    /// - Throws: `GraftError.invalidData` for a folder that is missing, empty or flat, or has classes of its own.
    package init(
        path: String, testing classes: [String], reading: TableReading = TableReading(task: .classification)
    ) throws(GraftError) {
        if let file = PictureSheet.table(at: path) {
            let sheet = try PictureSheet(file: file, reading: reading, names: classes)
            let pictures = try sheet.pictures(of: classes)
            let present = Targets(pictures.map(\.target), task: sheet.task, columns: classes.count).counts(
                classes.count)
            let missing = classes.indices.filter { present[$0] == 0 }.map { classes[$0] }
            self.init(
                path: path, task: sheet.task, classes: classes, pictures: pictures,
                notes: sheet.notes + Self.note(missing, in: path))
            return
        }
        try Self.requireTable(reading.task, path)
        let scan = try FolderScan(root: path)
        let known = Set(classes.map { Array($0.utf8) })
        let unknown = scan.classes.map(\.name).filter { !known.contains(Array($0.utf8)) }
        guard unknown.isEmpty else {
            throw GraftError(
                .invalidData, "the test folder has classes that the model was not trained on", file: path,
                expected: Self.list(classes), found: Self.list(unknown),
                remedy: "rename or remove \(unknown.count == 1 ? "this folder" : "these folders")")
        }
        guard !scan.classes.isEmpty else { throw scan.nothingFound() }
        let byName = Self.byName(scan.classes)
        let found = classes.map { byName[Array($0.utf8)] ?? FolderScan.Class(name: $0, pictures: []) }
        let missing = found.filter(\.pictures.isEmpty).map(\.name)
        self.init(
            path: path, classes: classes, pictures: Self.label(found), notes: scan.notes + Self.note(missing, in: path),
            places: scan.places)
    }

    private init(
        path: String, task: ModelTask = .classification, classes: [String], pictures: [LabelledPicture],
        notes: [String], places: Set<FolderIdentity> = []
    ) {
        self.path = path
        self.task = task
        self.classes = classes
        self.pictures = pictures
        self.notes = notes
        self.places = places
    }

    private init(
        path: String, sheet file: String, classes chosen: [String]?, reading: TableReading
    ) throws(GraftError) {
        let sheet = try PictureSheet(file: file, reading: reading, names: chosen)
        let classes = chosen ?? sheet.names
        let named = Set(sheet.names.map(\.byteKey))
        let homeless = classes.filter { !named.contains($0.byteKey) }
        guard homeless.isEmpty else {
            throw GraftError(
                .invalidData, "data.classes and the table's labels differ", file: file,
                found: "no picture of \(Self.list(homeless))", remedy: "give both the same names")
        }
        guard classes.count > 1 || sheet.task != .classification else {
            throw GraftError(
                .invalidData, "a classifier needs at least two classes", file: file,
                found: "one, '\(classes.first ?? "")'", remedy: "add rows of pictures of something else")
        }
        guard !classes.isEmpty else {
            throw GraftError(.invalidData, "no picture has a label", file: file)
        }
        self.init(
            path: path, task: sheet.task, classes: classes, pictures: try sheet.pictures(of: classes),
            notes: sheet.notes + (file == path ? [] : ["'\(file.shown)' says what the pictures are"]))
    }

    /// Folders of classes say one class a picture.
    private static func requireTable(_ task: ModelTask?, _ path: String) throws(GraftError) {
        guard let task, task != .classification, Folder.kind(of: path) != nil else { return }
        throw GraftError(
            .invalidData, "\(task.outputNoun)s of pictures take a table", file: path,
            expected: "a CSV file, or a folder with labels.csv", found: "a folder of folders")
    }

    /// What is known of every picture, in order.
    package var targets: Targets { Targets(pictures.map(\.target), task: task, columns: classes.count) }

    /// The class of every picture.
    /// - Parameter what: for the message: who needs classes.
    /// - Throws: `GraftError` `.invalidData` where pictures have no single class.
    package func labels(for what: String) throws(GraftError) -> [Int] {
        try task.requireClasses(what, file: path)
        return pictures.compactMap(\.label)
    }

    private static func note(_ missing: [String], in path: String) -> [String] {
        missing.isEmpty ? [] : ["'\(path.shown)' has no pictures of \(list(missing)): accuracy is about the others"]
    }

    /// By the bytes of the names: those of two folders may be equal strings.
    private static func byName(_ classes: [FolderScan.Class]) -> [[UInt8]: FolderScan.Class] {
        Dictionary(classes.map { (Array($0.name.utf8), $0) }) { first, _ in first }
    }

    private static func label(_ classes: [FolderScan.Class]) -> [LabelledPicture] {
        classes.enumerated().flatMap { label, entry in
            entry.pictures.map { LabelledPicture(path: $0, label: label) }
        }
    }

    /// The names of a configuration must be those of the folders.
    /// - Returns: the names as the folders have them.
    private static func check(
        _ chosen: [String], against scan: FolderScan, in path: String
    ) throws(GraftError) -> [String] {
        let folders = Set(scan.classes.map { Array($0.name.utf8) })
        // A name may be written as it is or as it is shown.
        let names = chosen.map { folders.contains(Array($0.utf8)) ? $0 : $0.shown }
        var seen: Set<[UInt8]> = []
        if let twice = names.first(where: { !seen.insert(Array($0.utf8)).inserted }) {
            throw GraftError(.invalidValue, "'\(twice)' is named twice", parameter: "data.classes")
        }
        guard !scan.classes.isEmpty else { throw scan.nothingFound() }
        let homeless = names.filter { !folders.contains(Array($0.utf8)) }
        let unnamed = scan.classes.map(\.name).filter { !seen.contains(Array($0.utf8)) }
        guard homeless.isEmpty, unnamed.isEmpty else {
            let parts = [
                homeless.isEmpty ? nil : "no folder of pictures for \(list(homeless))",
                unnamed.isEmpty ? nil : "\(list(unnamed)) not in data.classes",
            ]
            throw GraftError(
                .invalidData, "data.classes and the class folders differ", file: path,
                found: parts.compactMap { $0 }.joined(separator: ", "), remedy: "give both the same names")
        }
        return names
    }

    /// Refuses a test folder that is the training folder, is inside it, or holds it: links are followed.
    /// - Throws: `GraftError.invalidData`
    package static func refuseLeak(train: String, test: String) throws(GraftError) {
        func kind(_ path: String) -> EntryKind? { Folder.kind(of: path) }
        func isInside(_ inner: String, _ outer: String) -> Bool {
            var path = inner
            // The system resolves the dots, through links too; the root is its own parent.
            for _ in 0..<64 {
                if kind(path) == kind(outer) { return true }
                let above = path + "/.."
                if kind(above) == kind(path) { return false }
                path = above
            }
            return false
        }
        if train == test, kind(train) == .file {
            throw leak("the test pictures are the training pictures", train: train, test: test)
        }
        guard kind(train)?.isFolder == true, kind(test)?.isFolder == true else { return }
        let relation =
            kind(train) == kind(test)
            ? "is" : isInside(test, train) ? "is inside" : isInside(train, test) ? "holds" : nil
        if let relation { throw leak("the test folder \(relation) the training folder", train: train, test: test) }
    }

    /// Refuses a test folder that shares folders of pictures with this one.
    /// - Throws: `GraftError.invalidData`
    package func refuseLeak(to test: ImageFolder) throws(GraftError) {
        guard places.isDisjoint(with: test.places) else {
            throw Self.leak("the test folder leads to folders of the training folder", train: path, test: test.path)
        }
    }

    private static func leak(_ message: String, train: String, test: String) -> GraftError {
        GraftError(
            .invalidData, message, file: test, found: "'\(train.shown)' for training",
            remedy: "a test on pictures that were learnt says nothing: name another folder, leave data.test out to "
                + "hold out a share, or allow it with --allow-leak")
    }

    /// `'a', 'b', 'c' and 5 more`
    package static func list(_ names: [String]) -> String {
        let shown = names.prefix(6).map { "'\($0)'" }.joined(separator: ", ")
        return names.count > 6 ? "\(shown) and \(names.count - 6) more" : shown
    }
}
