/// A picture and the class that its folder says.
public struct LabelledPicture: Sendable, Hashable {
    /// The file, below the folder as the user named it.
    public let path: String
    /// The index of its class.
    public let label: Int

    /// A picture of that class.
    public init(path: String, label: Int) {
        self.path = path
        self.label = label
    }
}

/// Something that was left out, and why.
public struct SkippedFile: Sendable, Hashable, Codable {
    /// The file as it was named or found.
    public let path: String
    /// Why, without the file's name.
    public let reason: String

    /// A file left out for that reason.
    public init(path: String, reason: String) {
        self.path = path
        self.reason = reason
    }
}

/// Pictures sorted into folders, one folder a class: `PATH/CLASS/*.jpg`.
///
/// Classes are sorted naturally (2 before 10), pictures by class and then naturally by path, so that the order depends on
/// names only. Pictures in folders inside a class folder count as that class. Hidden and system files, files that are not
/// pictures by their extension, empty class folders and links that lead back up are passed over and mentioned in `notes`.
public struct ImageFolder: Sendable {
    /// The extensions that count as pictures. What a file really holds is seen when it is decoded.
    public static let extensions: Set<String> = ["jpg", "jpeg", "jpe", "jfif", "png", "webp"]

    /// The folder as the user named it.
    public let path: String
    /// The class names in the order of the labels.
    public let classes: [String]
    /// Every picture, by class and then by path.
    public let pictures: [LabelledPicture]
    /// What was passed over, and other things worth knowing: one line each.
    public let notes: [String]

    /// Scans a folder to train on.
    /// - Parameter chosen: the classes and their order; nil for every folder, sorted naturally.
    /// - Throws: `TrainingError.invalidData` for a folder that is missing, empty, flat, or has fewer than two classes.
    public init(path: String, classes chosen: [String]? = nil) throws(TrainingError) {
        var scan = try FolderScan(root: path)
        var found = scan.classes
        if let chosen {
            try Self.check(chosen, against: scan, in: path)
            let passed = found.filter { !chosen.contains($0.name) }
            scan.notes += passed.map { "class folder '\($0.name)' is not among data.classes: not used" }
            found = chosen.compactMap { name in found.first { $0.name == name } }
        }
        try scan.requireClasses(found)
        self.path = path
        classes = found.map(\.name)
        pictures = Self.label(found)
        notes = scan.notes
    }

    /// Scans a folder to test on, whose class folders must be among `classes`.
    /// - Throws: `TrainingError.invalidData` for a folder that is missing, empty or flat, or has classes of its own.
    public init(path: String, testing classes: [String]) throws(TrainingError) {
        let scan = try FolderScan(root: path)
        let unknown = scan.classes.map(\.name).filter { !classes.contains($0) }
        guard unknown.isEmpty else {
            throw TrainingError(
                .invalidData, "the test folder has classes that the model was not trained on", file: path,
                expected: Self.list(classes), found: Self.list(unknown),
                remedy: "rename or remove \(unknown.count == 1 ? "this folder" : "these folders")")
        }
        guard !scan.classes.isEmpty else { throw scan.nothingFound() }
        let found = classes.map { name in
            scan.classes.first { $0.name == name } ?? FolderScan.Class(name: name, pictures: [])
        }
        let missing = found.filter(\.pictures.isEmpty).map(\.name)
        self.path = path
        self.classes = classes
        pictures = Self.label(found)
        notes =
            scan.notes
            + (missing.isEmpty
                ? [] : ["'\(path)' has no pictures of \(Self.list(missing)): accuracy is about the others"])
    }

    private static func label(_ classes: [FolderScan.Class]) -> [LabelledPicture] {
        classes.enumerated().flatMap { label, entry in
            entry.pictures.map { LabelledPicture(path: $0, label: label) }
        }
    }

    private static func check(_ chosen: [String], against scan: FolderScan, in path: String) throws(TrainingError) {
        let names = scan.classes.map(\.name)
        for name in chosen where !names.contains(name) {
            throw TrainingError(
                .invalidData, "class '\(name)' of data.classes has no folder of pictures", file: path,
                found: names.isEmpty ? "none" : list(names))
        }
        if let twice = chosen.enumerated().first(where: { chosen[..<$0.offset].contains($0.element) }) {
            throw TrainingError(.invalidValue, "'\(twice.element)' is named twice", parameter: "data.classes")
        }
    }

    /// `'a', 'b', 'c' and 5 more`
    static func list(_ names: [String]) -> String {
        let shown = names.prefix(6).map { "'\($0)'" }.joined(separator: ", ")
        return names.count > 6 ? "\(shown) and \(names.count - 6) more" : shown
    }
}
