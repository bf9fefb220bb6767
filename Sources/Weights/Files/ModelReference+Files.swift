public import Zoo

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

extension ModelReference {
    /// Finds the backbone and the entry, or the file.
    /// - Throws: `GraftError` `.unknownName` with the nearest name, and the file of that name where there is one.
    public func target(in registry: Registry) throws(GraftError) -> Target {
        try target(in: registry) { path in
            var isFolder = false
            return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && !isFolder
        }
    }
}
