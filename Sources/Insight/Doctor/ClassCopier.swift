import Weights
import Zoo

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Copies pictures into folders of classes, each under a name of its own.
struct ClassCopier {
    let output: String
    private var taken: Set<String> = []

    init(output: String) { self.output = output }

    /// - Throws: `GraftError.unwritable`, also for a file that is in the way: nothing is replaced.
    mutating func copy(_ path: String, to folder: String) throws(GraftError) {
        try CacheDirectory.make("\(output)/\(folder)")
        let target = "\(output)/\(folder)/\(free(path, in: folder))"
        do { try FileManager.default.copyItem(atPath: path, toPath: target) } catch {
            throw GraftError(.unwritable, "the picture cannot be copied", file: path, found: "to \(target)")
        }
    }

    /// The file's own name, with a number where the class has one of that name.
    private mutating func free(_ path: String, in folder: String) -> String {
        let name = path.split(separator: "/").last.map(String.init) ?? path
        let dot = name.lastIndex(of: ".") ?? name.endIndex
        var candidate = name
        var number = 2
        while !taken.insert("\(folder)/\(candidate)".lowercased()).inserted {
            candidate = "\(name[..<dot])-\(number)\(name[dot...])"
            number += 1
        }
        return candidate
    }
}
