import Weights
import Zoo

/// Copies pictures into folders of classes, each under a name of its own.
struct ClassCopier {
    let output: String
    private var taken: Set<String> = []

    init(output: String) { self.output = output }

    /// - Throws: `GraftError.unwritable`, also for a file that is in the way: nothing is replaced.
    mutating func copy(_ path: String, to folder: String) throws(GraftError) {
        // Classes are named as folders are shown.
        let place = "\(output)/\(String(shown: folder))"
        try CacheDirectory.make(place)
        let target = "\(place)/\(free(path, in: folder))"
        let refused = GraftError(
            .unwritable, "the picture cannot be copied", file: path, found: "to \(target.shown)")
        guard !FileSystem.exists(target) else { throw refused }
        do throws(GraftError) {
            let file = try MappedFile(path: path)
            try AtomicFile.write(try file.bytes(0..<file.count), to: target)
        } catch {
            throw refused
        }
    }

    /// The file's own name, with a number where the class has one of that name.
    private mutating func free(_ path: String, in folder: String) -> String {
        let name = PathText.name(of: path)
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
