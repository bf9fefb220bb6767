import Weights
package import Zoo

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// What a path leads to, links followed.
package enum EntryKind: Hashable {
    case file
    /// With what tells two names of one folder from two folders.
    case folder(FolderIdentity)
    /// A device, socket or pipe.
    case other
    /// A link to nothing, or to itself.
    case broken

    package var isFolder: Bool {
        if case .folder = self { true } else { false }
    }
}

/// The file system's own number of a folder.
package struct FolderIdentity: Hashable, Sendable {
    let device: UInt64
    let number: UInt64
}

/// Directory listings in a fixed order. `stat` in place of `FileManager`'s attributes, which look up owners' names and
/// take far longer on folders of many pictures.
package enum Folder {
    /// What is at `path`; nil for nothing.
    package static func kind(of path: String) -> EntryKind? {
        var info = stat()
        guard stat(path.onDisk, &info) == 0 else {
            return lstat(path.onDisk, &info) == 0 ? .broken : nil
        }
        switch info.st_mode & S_IFMT {
        case S_IFDIR:
            return .folder(
                FolderIdentity(
                    device: UInt64(truncatingIfNeeded: info.st_dev), number: UInt64(truncatingIfNeeded: info.st_ino)))
        case S_IFREG: return .file
        default: return .other
        }
    }

    /// The length of a file in bytes.
    package static func size(of path: String) -> Int? {
        var info = stat()
        return stat(path.onDisk, &info) == 0 ? Int(info.st_size) : nil
    }

    /// The names in a folder, naturally sorted.
    package static func names(in path: String) throws(GraftError) -> [String] {
        guard let names = FileSystem.names(in: path) else {
            throw GraftError(.invalidData, "the folder cannot be read", file: path, remedy: "check its permissions")
        }
        return names.sorted(by: precedesNaturally)
    }

    /// The names of the folders in a folder that a person may have meant, naturally sorted; nil where it cannot be read.
    static func folders(in path: String) -> [String]? {
        (try? names(in: path))?.filter { !isJunk($0) && kind(of: PathText.join(path, $0))?.isFolder == true }
    }

    /// Names that systems and tools leave behind, which no person means as data.
    package static func isJunk(_ name: String) -> Bool {
        name.utf8.first == UInt8(ascii: ".") || junk.contains(name.lowercased())
    }

    /// Whether the extension is a picture's.
    static func isPicture(_ name: String) -> Bool {
        guard let dot = name.utf8.lastIndex(of: UInt8(ascii: ".")), dot != name.startIndex else { return false }
        return ImageFolder.extensions.contains(name[name.utf8.index(after: dot)...].lowercased())
    }

    private static let junk: Set<String> = ["thumbs.db", "desktop.ini", "__macosx", "icon\r", "$recycle.bin", "@eadir"]
}
