import Synchronization
import Weights

/// Hidden files of runs that are under way, for a program that has to end at once.
package enum Unfinished {
    private static let paths = Mutex<Set<String>>([])

    static func add(_ new: [String]) { paths.withLock { $0.formUnion(new) } }

    static func remove(_ old: [String]) { paths.withLock { $0.subtract(old) } }

    /// Removes them all. Nothing may be run afterwards.
    package static func discard() {
        for path in paths.withLock({ $0 }) { FileSystem.remove(path) }
    }
}
