package import Zoo

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The user's cache: what was downloaded or computed and can be had again.
public struct CacheDirectory: Sendable, Hashable {
    /// The directory, which may not exist yet.
    public let path: String

    /// That directory.
    public init(path: String) { self.path = path }

    /// The directory that the environment names: `GRAFT_CACHE`, else `XDG_CACHE_HOME/graft`, else `~/.cache/graft`, on
    /// macOS `~/Library/Caches/graft`.
    public init() {
        let names = ["GRAFT_CACHE", "XDG_CACHE_HOME", "HOME"]
        self.init(
            environment: Dictionary(uniqueKeysWithValues: names.map { ($0, FileSystem.variable($0) ?? "") }))
    }

    /// The directory that those variables name.
    package init(environment: [String: String]) {
        if let path = environment["GRAFT_CACHE"], !path.isEmpty {
            self.path = path
            return
        }
        // A relative path in XDG_CACHE_HOME is to be ignored (XDG Base Directory Specification).
        if let parent = environment["XDG_CACHE_HOME"], parent.hasPrefix("/") {
            path = parent + "/graft"
            return
        }
        let home =
            environment["HOME"].flatMap { $0.isEmpty ? nil : $0 }
            ?? FileManager.default.homeDirectoryForCurrentUser.path
        #if os(macOS)
            path = home + "/Library/Caches/graft"
        #else
            path = home + "/.cache/graft"
        #endif
    }

    /// Converted weights.
    public var weights: String { path + "/weights" }
    /// Data sets.
    public var data: String { path + "/data" }
    /// Downloads in progress.
    public var downloads: String { path + "/downloads" }

    /// Makes a directory and those above it.
    /// - Throws: `GraftError.unwritable`.
    package static func make(_ path: String) throws(GraftError) {
        guard FileSystem.makeFolder(path) else {
            throw GraftError(
                .unwritable, "cannot make the directory", file: path,
                remedy: "set GRAFT_CACHE to a directory that can be written")
        }
    }
}
