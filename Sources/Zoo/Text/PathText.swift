/// Paths as texts: nothing here looks at a file system. Slashes are looked for among the bytes, as the system does: to a
/// string, one that is followed by a combining mark is another character.
package enum PathText {
    private static let slash = UInt8(ascii: "/")

    /// `folder/name`.
    package static func join(_ folder: String, _ name: String) -> String {
        folder.utf8.last == slash ? folder + name : folder + "/" + name
    }

    /// The last component of a path.
    package static func name(of path: String) -> String {
        path.utf8.split(separator: slash).last.flatMap { String($0) } ?? path
    }

    /// What stands before the last component, without the slash; nil for a path of one component.
    package static func parent(of path: String) -> String? {
        path.utf8.lastIndex(of: slash).map { $0 == path.startIndex ? "/" : String(path[..<$0]) }
    }
}
