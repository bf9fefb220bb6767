import Zoo

/// A folder that holds whole data sets, as they are handed out: `train` beside `test`, `val` or `valid`, and nothing else.
/// Named in place of its `train`, it is understood.
package struct DataRoot {
    private static let trainNames: Set<String> = ["train", "training"]
    private static let validationNames: Set<String> = ["val", "valid", "validation"]
    private static let testNames: Set<String> = ["test", "testing"]

    /// What to learn from.
    package let train: String
    /// What to count: the folder for validation where there is one, since a run looks at it after every epoch.
    package let test: String?
    /// What this takes for what, and leaves.
    package let note: String

    /// Nil for any other folder.
    package init?(path: String) {
        guard let names = Folder.folders(in: path) else { return nil }
        let known = Self.trainNames.union(Self.validationNames).union(Self.testNames)
        let trains = names.filter { Self.trainNames.contains($0.lowercased()) }
        guard trains.count == 1, let own = trains.first, names.allSatisfy({ known.contains($0.lowercased()) }) else {
            return nil
        }
        train = PathText.join(path, own)
        // Pictures right in it are a class named so, not a data set.
        guard (Folder.folders(in: train)?.count ?? 0) > 1 else { return nil }
        let others = names.filter { $0 != own }
        let chosen = others.first { Self.validationNames.contains($0.lowercased()) } ?? others.first
        test = chosen.map { PathText.join(path, $0) }
        let left = others.filter { $0 != chosen }.map { "'\(PathText.join(path, $0).shown)'" }
        note =
            "'\(path.shown)' holds whole data sets: learning from '\(train.shown)'"
            + (test.map { ", counting '\($0.shown)'" } ?? "")
            + (left.isEmpty ? "" : "; \(left.joined(separator: ", ")) is left for graft evaluate")
    }
}
