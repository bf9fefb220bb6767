#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Where Graft keeps what it can make again: `GRAFT_CACHE`, else `graft` in the system's folder for such things.
package enum CacheDirectory {
    /// nil where the environment names no home.
    package static func path(
        environment: [String: String] = ProcessInfo.processInfo.environment
    ) -> String? {
        if let path = environment["GRAFT_CACHE"], !path.isEmpty { return path }
        #if os(macOS)
            return environment["HOME"].map { "\($0)/Library/Caches/graft" }
        #else
            // The XDG specification: a path that is not absolute is to be ignored.
            if let path = environment["XDG_CACHE_HOME"], path.hasPrefix("/") { return "\(path)/graft" }
            return environment["HOME"].flatMap { $0.isEmpty ? nil : "\($0)/.cache/graft" }
        #endif
    }
}
