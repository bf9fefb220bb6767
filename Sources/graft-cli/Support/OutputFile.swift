import Weights
import Zoo

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// What a command is going to write, looked at before it works for it.
enum OutputFile {
    /// - Parameter inputs: files that the command reads; names of other things do no harm.
    /// - Throws: where the file cannot be made, or would replace an input.
    static func check(_ path: String, inputs: [String]) throws {
        if let input = inputs.first(where: { isSame($0, path) }) {
            throw GraftError(
                .invalidValue, "the output would replace what the command reads", file: path,
                found: input == path ? nil : "the same file as '\(input)'", remedy: "choose another name")
        }
        // Dropped, it leaves nothing behind.
        _ = try AtomicFile(path: path)
    }

    private static func isSame(_ a: String, _ b: String) -> Bool {
        var first = stat(), second = stat()
        return stat(a.onDisk, &first) == 0 && stat(b.onDisk, &second) == 0 && first.st_dev == second.st_dev
            && first.st_ino == second.st_ino
    }
}
