import Images
package import Zoo

/// Pictures as a command is given them.
package enum PictureList {
    /// Files as they are, folders as all pictures in them and below, naturally sorted.
    /// - Throws: `GraftError.invalidData` for what does not exist, or a folder without pictures.
    package static func expand(_ paths: [String]) throws(GraftError) -> [String] {
        var result: [String] = []
        for path in paths {
            switch Folder.kind(of: path) {
            case nil: throw GraftError(.invalidData, "no such file or folder", file: path, remedy: "check the path")
            case .broken: throw GraftError(.invalidData, "a link to nothing", file: path, remedy: "check the path")
            case .file, .other: result.append(path)
            case .folder(let identity):
                let found = try pictures(in: path, identity)
                guard !found.isEmpty else {
                    throw GraftError(
                        .invalidData, "the folder has no pictures", file: path,
                        expected: "\(PictureFormats.names) files")
                }
                result += found
            }
        }
        return result
    }

    /// Whether the path is a folder, or has a picture's extension.
    package static func isPictureOrFolder(_ path: String) -> Bool {
        Folder.kind(of: path)?.isFolder == true || Folder.isPicture(path)
    }

    private static func pictures(in root: String, _ identity: FolderIdentity) throws(GraftError) -> [String] {
        var seen: Set<FolderIdentity> = [identity]
        var pending = [root]
        var result: [String] = []
        while let folder = pending.popLast() {
            for name in try Folder.names(in: folder) where !Folder.isJunk(name) {
                let path = PathText.join(folder, name)
                switch Folder.kind(of: path) {
                case .folder(let identity): if seen.insert(identity).inserted { pending.append(path) }
                // What is no file after all is told by its reader.
                case .file, .other, .broken: if Folder.isPicture(name) { result.append(path) }
                case nil: break
                }
            }
        }
        return result.sorted(by: precedesNaturally)
    }
}
