public import Zoo

extension ModelReference {
    /// Finds the backbone and the entry, or the file.
    /// - Throws: `GraftError` `.unknownName` with the nearest name, and the file of that name where there is one.
    public func target(in registry: Registry) throws(GraftError) -> Target {
        try target(in: registry) { FileSystem.exists($0) && !FileSystem.isFolder($0) }
    }
}
