import Synchronization
import Zoo

/// Hidden files of runs that are under way, for a program that has to end at once.
package enum Unfinished {
    /// By their bytes: two files' names may be equal strings.
    private static let paths = Mutex<[[UInt8]: String]>([:])

    package static func add(_ new: [String]) {
        paths.withLock { paths in for path in new { paths[path.byteKey] = path } }
    }

    package static func remove(_ old: [String]) {
        paths.withLock { paths in for path in old { paths[path.byteKey] = nil } }
    }

    /// Removes them all. Nothing may be run afterwards.
    package static func discard() {
        for path in paths.withLock({ Array($0.values) }) { FileSystem.remove(path) }
    }
}
