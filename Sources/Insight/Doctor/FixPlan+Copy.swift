package import Data
import Weights
package import Zoo

extension FixPlan {
    /// What was done: the document of `graft doctor --apply --json`.
    package struct Copied: Sendable, Hashable {
        /// The new folder.
        package let output: String
        /// Pictures in it.
        package let copied: Int
        /// Of those, the ones in another class than before.
        package let moved: Int
        /// Pictures left out.
        package let dropped: Int
        /// Lines of the plan about pictures that are not in the folder.
        package let unused: Int
    }

    /// Copies a folder's pictures into a new one as the plan says; pictures that it does not mention stay as they are.
    /// - Parameter output: must not exist, or be empty.
    /// - Throws: `GraftError` for a folder that is in the way, a picture that cannot be copied; what was made is removed.
    package func copy(_ folder: ImageFolder, to output: String) throws(GraftError) -> Copied {
        if let names = FileSystem.names(in: output), !names.isEmpty {
            throw GraftError(
                .unwritable, "the new folder is not empty", file: output, remedy: "choose another with --output")
        }
        let labels = try folder.labels(for: "a plan of classes")
        let byPath = Dictionary(rows.map { ($0.path.byteKey, $0) }) { first, _ in first }
        var copier = ClassCopier(output: output)
        var result = (copied: 0, moved: 0, dropped: 0, used: 0)
        let isNew = !FileSystem.exists(output)
        do throws(GraftError) {
            for (picture, label) in zip(folder.pictures, labels) {
                let row = byPath[picture.path.byteKey]
                if row != nil { result.used += 1 }
                guard row?.action != .drop else {
                    result.dropped += 1
                    continue
                }
                let own = folder.classes[label]
                let target = row?.action == .move ? row?.target ?? own : own
                if target.byteKey != own.byteKey { result.moved += 1 }
                try copier.copy(picture.path, to: target)
                result.copied += 1
            }
        } catch {
            if isNew { FileSystem.remove(output) }
            throw error
        }
        return Copied(
            output: output, copied: result.copied, moved: result.moved, dropped: result.dropped,
            unused: rows.count - result.used)
    }
}
