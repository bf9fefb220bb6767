import Weights
import Zoo

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// All features on disk, whatever they belong to.
package enum FeatureCache {
    /// In bytes: about 200,000 pictures of 1280 features.
    static let sizeLimit = 1 << 30

    /// Removes the least recently used files until the rest fits, and what stopped processes left.
    package static func trim(_ directory: String, to limit: Int) {
        let root = "\(directory)/features"
        let yesterday = Double(time(nil)) - 86400
        var files: [(path: String, size: Int, used: Double)] = []
        for key in FileSystem.names(in: root) ?? [] {
            let folder = "\(root)/\(key)"
            for name in FileSystem.names(in: folder) ?? [] {
                let path = "\(folder)/\(name)"
                guard let facts = FileSystem.facts(of: path) else { continue }
                if name.hasSuffix(".npz") {
                    files.append((path, facts.size, facts.changed))
                } else if name.hasSuffix(".part"), facts.changed < yesterday {
                    FileSystem.remove(path)
                }
            }
        }
        files.sort { ($0.used, $0.path) < ($1.used, $1.path) }
        var total = files.reduce(0) { $0 + $1.size }
        for file in files where total > limit {
            FileSystem.remove(file.path)
            total -= file.size
        }
    }
}
