import ArgumentParser
import Graft
import Zoo

/// `--strict`, of the commands that leave out pictures that cannot be read.
struct StrictOption: ParsableArguments {
    @Flag(help: "Stop at a picture that cannot be read, in place of leaving it out.")
    var strict = false

    /// - Throws: `GraftError` `.invalidData` for the first file that was left out, if that is not wanted.
    func check(_ skipped: [SkippedFile]) throws(GraftError) {
        guard strict, let first = skipped.first else { return }
        throw GraftError(
            .invalidData, first.reason, file: first.path, remedy: "mend or remove it, or leave out --strict to skip it")
    }
}
