import Numbers

/// The training pictures of a trial: those it learns from, and those it is counted on. Copies are on one side.
struct TrialParts {
    let train: [Int]
    let held: [Int]

    /// Three parts and a fourth; of many pictures parts of 300, for that is enough to see what matters.
    init(labels: [Int], groups: [Int]) {
        let folds = Folds(labels: labels, groups: groups, count: max(4, (labels.count + 299) / 300))
        train = labels.indices.filter { (1...3).contains(folds.fold[$0]) }
        held = labels.indices.filter { folds.fold[$0] == 0 }
    }
}
