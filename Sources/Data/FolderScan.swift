import Images
import Zoo

/// One walk through a folder of class folders: what is where, and what was passed over.
struct FolderScan {
    struct Class {
        /// The folder's name as it is shown: what a model file can hold.
        let name: String
        /// The folder.
        var path = ""
        var pictures: [String]
    }

    let root: String
    /// The class folders that hold pictures, naturally sorted.
    private(set) var classes: [Class] = []
    var notes: [String] = []

    private var hidden: [String] = []
    private var otherFiles: [String] = []
    private var loosePictures = 0
    /// The names of class folders, empty ones too.
    private var folders: [String] = []
    /// The folders that pictures were found in.
    private(set) var places: Set<FolderIdentity> = []

    init(root: String) throws(GraftError) {
        self.root = root
        let kind = Folder.kind(of: root)
        guard let kind else {
            throw GraftError(.invalidData, "no such folder", file: root, remedy: "check the path")
        }
        guard case .folder(let identity) = kind else {
            throw GraftError(
                .invalidData, "not a folder", file: root, expected: "a folder with a folder of pictures for each class")
        }
        for name in try Folder.names(in: root) {
            let path = PathText.join(root, name)
            if Folder.isJunk(name) {
                hidden.append(name.shown)
                continue
            }
            switch Folder.kind(of: path) {
            case .folder(let own):
                if own == identity {
                    notes.append("'\(name.shown)' leads back to '\(root.shown)': not followed")
                } else {
                    try scanClass(name, path, above: [identity, own])
                }
            case .file:
                if Folder.isPicture(name) {
                    loosePictures += 1
                } else if !Self.isDocument(name) {
                    otherFiles.append(name.shown)
                }
            case .other, .broken, nil:
                otherFiles.append(name.shown)
            }
        }
        try refuseDatasetRoot()
        if loosePictures > 0, !classes.isEmpty {
            notes.append(
                "\(NumberText.counted(loosePictures, "picture")) beside the class folders of '\(root.shown)' belong\(loosePictures == 1 ? "s" : "") to no class: not used"
            )
        }
        noteLeftovers()
        noteLookalikes()
    }

    /// Names that differ in how their characters are composed only: equal strings, other bytes.
    private mutating func noteLookalikes() {
        let groups = Dictionary(grouping: classes.map(\.name), by: { $0 }).values.filter { $0.count > 1 }
        for alike in groups.sorted(by: { precedesNaturally($0[0], $1[0]) }) {
            let spelt = alike.map { "'\($0.spelt)'" }.joined(separator: " and ")
            notes.append(
                "\(spelt) look the same ('\(alike[0])') and are \(alike.count) classes: rename one if they are one")
        }
    }

    private mutating func scanClass(
        _ folderName: String, _ path: String, above: Set<FolderIdentity>
    ) throws(GraftError) {
        let name = folderName.shown
        folders.append(name)
        var entry = Class(name: name, path: path, pictures: [])
        var nested: (pictures: Int, folders: Int) = (0, 0)
        // Every folder once: links may form loops, and trees that double at each step.
        var seen = above
        var pending = [(path: path, below: "")]
        while let folder = pending.popLast() {
            var found = 0
            for item in try Folder.names(in: folder.path) {
                let itemPath = PathText.join(folder.path, item)
                let shown = "\(name)/\((folder.below + item).shown)"
                if Folder.isJunk(item) {
                    hidden.append(shown)
                    continue
                }
                switch Folder.kind(of: itemPath) {
                case .folder(let target):
                    if seen.insert(target).inserted {
                        pending.append((itemPath, "\(folder.below)\(item)/"))
                    } else {
                        notes.append("'\(shown)' leads to a folder that is counted already: not followed")
                    }
                case .file:
                    if Folder.isPicture(item) {
                        entry.pictures.append(itemPath)
                        found += 1
                    } else {
                        otherFiles.append(shown)
                    }
                case .other, .broken, nil:
                    notes.append("'\(shown)' is a link to nothing or no ordinary file: skipped")
                }
            }
            if found > 0, case .folder(let place)? = Folder.kind(of: folder.path) { places.insert(place) }
            if !folder.below.isEmpty, found > 0 { nested = (nested.pictures + found, nested.folders + 1) }
        }
        if entry.pictures.isEmpty {
            notes.append("class folder '\(name)' of '\(root.shown)' has no pictures: not a class")
            return
        }
        if nested.folders > 0 {
            notes.append(
                "'\(name)' includes \(NumberText.counted(nested.pictures, "picture")) of \(NumberText.counted(nested.folders, "folder")) inside it"
            )
        }
        entry.pictures.sort(by: precedesNaturally)
        classes.append(entry)
    }

    /// Throws unless there are two classes or more.
    func requireClasses(_ found: [Class]) throws(GraftError) {
        guard let first = found.first else { throw nothingFound() }
        guard found.count > 1 else {
            throw GraftError(
                .invalidData, "a classifier needs at least two classes", file: root,
                found: "one, '\(first.name)'",
                remedy: first.advice ?? listAdvice
                    ?? "add a folder of pictures of something else, for example '\(PathText.join(root, "other").shown)'"
            )
        }
    }

    /// For pictures in one heap with a list of their classes, in the folder or beside it.
    private var listAdvice: String? {
        for folder in [root, PathText.parent(of: root) ?? "."] {
            let lists = ((try? Folder.names(in: folder)) ?? []).filter { $0.lowercased().hasSuffix(".csv") }
            if let list = lists.first {
                let path = folder == "." ? list : PathText.join(folder, list)
                return "if '\(path.shown)' says what is on them, set data.train to it"
            }
        }
        return nil
    }

    /// The error of a folder without a single class.
    func nothingFound() -> GraftError {
        if loosePictures > 0 {
            return GraftError(
                .invalidData, "the pictures are not sorted into classes", file: root,
                expected:
                    "a folder for each class, such as '\(PathText.join(root, "cat").shown)' and '\(PathText.join(root, "dog").shown)'",
                found: "\(NumberText.counted(loosePictures, "picture")) and no class folders", remedy: listAdvice)
        }
        let seen: String? =
            if !otherFiles.isEmpty {
                "\(NumberText.counted(otherFiles.count, "other file")), such as '\(otherFiles[0])'"
            } else if !folders.isEmpty {
                "\(NumberText.counted(folders.count, "empty folder"))"
            } else {
                nil
            }
        return GraftError(
            .invalidData, seen == nil ? "the folder is empty" : "the folder has no pictures", file: root,
            expected: "a folder of \(PictureFormats.names) files for each class", found: seen)
    }

    /// `data` given in place of `data/train`: the splits would become classes.
    private func refuseDatasetRoot() throws(GraftError) {
        let splits: Set<String> = ["train", "training", "test", "testing", "val", "valid", "validation"]
        let names = classes.map(\.name)
        guard let train = names.first(where: { $0.lowercased().hasPrefix("train") }),
            names.allSatisfy({ splits.contains($0.lowercased()) })
        else { return }
        let other = names.first { $0 != train }
        throw GraftError(
            .invalidData, "this holds whole data sets, not classes", file: root,
            expected: "a folder for each class", found: ImageFolder.list(names),
            remedy: "set data.train to '\(PathText.join(root, train).shown)'"
                + (other.map { " and data.test to '\(PathText.join(root, $0).shown)'" } ?? ""))
    }

    private mutating func noteLeftovers() {
        if !hidden.isEmpty {
            notes.append(
                "\(NumberText.counted(hidden.count, "hidden or system file")) of '\(root.shown)' passed over: \(ImageFolder.list(hidden))"
            )
        }
        if !otherFiles.isEmpty {
            notes.append(
                "\(NumberText.counted(otherFiles.count, "file")) of '\(root.shown)' with another extension than "
                    + "\(ImageFolder.extensions.sorted().joined(separator: ", ")) passed over: \(ImageFolder.list(otherFiles))"
            )
        }
    }

    /// Files that people leave beside class folders on purpose.
    private static func isDocument(_ name: String) -> Bool {
        let lower = name.lowercased()
        return lower.hasPrefix("readme") || lower.hasPrefix("licen") || lower == SampleMark.fileName.lowercased()
    }
}

extension FolderScan.Class {
    /// For the only class of a folder that holds the class folders one level further down.
    fileprivate var advice: String? {
        // Archives pack a folder into one of the same name, twice sometimes.
        var folder = path
        for _ in 0..<8 {
            if let root = DataRoot(path: folder) {
                return "set data.train to '\(root.train.shown)'"
                    + (root.test.map { " and data.test to '\($0.shown)'" } ?? "")
            }
            guard let inner = Folder.folders(in: folder), let first = inner.first else { return nil }
            if inner.count > 1 { return "set data.train to '\(folder.shown)', which has \(inner.count) folders" }
            folder = PathText.join(folder, first)
        }
        return nil
    }
}
