#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// All features on disk, whatever they belong to.
package enum FeatureCache {
    /// In bytes: about 200,000 pictures of 1280 features.
    static let sizeLimit = 1 << 30

    /// Removes the least recently used files until the rest fits, and what stopped processes left.
    package static func trim(_ directory: String, to limit: Int) {
        let root = "\(directory)/features"
        let manager = FileManager.default
        var files: [(path: String, size: Int, used: Date)] = []
        for key in (try? manager.contentsOfDirectory(atPath: root)) ?? [] {
            let folder = "\(root)/\(key)"
            for name in (try? manager.contentsOfDirectory(atPath: folder)) ?? [] {
                let path = "\(folder)/\(name)"
                guard let facts = try? manager.attributesOfItem(atPath: path),
                    let size = (facts[.size] as? UInt64).flatMap({ Int(exactly: $0) }) ?? facts[.size] as? Int,
                    let used = facts[.modificationDate] as? Date
                else { continue }
                if name.hasSuffix(".npz") {
                    files.append((path, size, used))
                } else if name.hasSuffix(".part"), used < Date(timeIntervalSinceNow: -86400) {
                    try? manager.removeItem(atPath: path)
                }
            }
        }
        files.sort { ($0.used, $0.path) < ($1.used, $1.path) }
        var total = files.reduce(0) { $0 + $1.size }
        for file in files where total > limit {
            try? manager.removeItem(atPath: file.path)
            total -= file.size
        }
    }
}
