import Data
import Learning
import Images
import Weights
import Zoo

/// The pictures of a run that could be read, divided into those to learn from and those to count.
struct PictureSets: Sendable {
    struct Item: Sendable {
        let picture: LabelledPicture
        /// SHA-256 of its file.
        let digest: String
    }

    var train: [Item]
    var test: [Item]
    /// Training pictures that nothing is learnt from: the thresholds of labels are chosen by them.
    var held: [Item] = []
    let task: ModelTask
    /// Classes, labels or values.
    let classCount: Int
    let skipped: [SkippedFile]
    var notes: [String]

    /// Identifies pictures, labels and their order.
    var sha256: String {
        var hash = Hash.Stream()
        for (name, items) in [("train", train), ("test", test), ("held", held)] where name != "held" || !items.isEmpty {
            hash.update("\(name) \(items.count)\n")
            for item in items { hash.update("\(item.picture.target.text) \(item.digest)\n") }
        }
        return hash.hex()
    }

    /// What is known of some of the pictures, on a scale where there is one.
    func targets(_ items: [Item], by scale: ValueScale? = nil) -> Targets {
        let targets = Targets(items.map(\.picture.target), task: task, columns: classCount)
        return scale?.applied(to: targets) ?? targets
    }

    /// Of each training picture, the same number for copies; nil where only equal files were looked for.
    var copies: [Int]?

    /// A number for each training picture: the same for those that belong in one fold.
    var groups: [Int] {
        if let copies, copies.count == train.count { return copies }
        var first: [String: Int] = [:]
        return train.indices.map { index in
            let digest = train[index].digest
            if let known = first[digest] { return known }
            first[digest] = index
            return index
        }
    }

    /// Test pictures that are byte for byte among the training pictures, each with the one it equals.
    var seen: [(test: String, train: String)] {
        let known = Dictionary(train.map { ($0.digest, $0.picture.path) }) { first, _ in first }
        return test.compactMap { item in known[item.digest].map { (item.picture.path, $0) } }
    }

    /// Files that are on both sides: what flatters a test.
    var leaks: String? {
        let pairs = seen
        guard let first = pairs.first else { return nil }
        return
            "\(NumberText.counted(pairs.count, "test picture")) \(pairs.count == 1 ? "is" : "are") also among the training pictures "
            + "('\(first.test.shown)' is '\(first.train.shown)'): the test flatters the model"
    }

    /// Files that are in two classes: no model can get both right.
    var contradictions: String? {
        var seen: [String: LabelledPicture] = [:]
        var pairs: [(String, String)] = []
        for item in train {
            if let other = seen[item.digest] {
                if other.target != item.picture.target { pairs.append((other.path, item.picture.path)) }
            } else {
                seen[item.digest] = item.picture
            }
        }
        guard let first = pairs.first else { return nil }
        let what = task == .classification ? "in two classes" : "there twice, with different \(task.outputNoun)s"
        return "\(NumberText.counted(pairs.count, "picture")) \(pairs.count == 1 ? "is" : "are") \(what) "
            + "('\(first.0.shown)' is '\(first.1.shown)')"
    }
}

extension Target {
    /// For hashing.
    fileprivate var text: String {
        switch self {
        case .oneOf(let label): "\(label)"
        case .labels(let labels): "\(labels)"
        case .values(let values): "\(values.map(\.bitPattern))"
        }
    }
}
