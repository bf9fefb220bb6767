import Engine
package import Zoo

/// Logistic regressions on the rows of a `RowSpace`, from a strong penalty to a weak one.
package struct LogisticPath: Sendable {
    private let space: RowSpace
    private let rows: PackedRows
    private let labels: [Int]
    private let classes: Int
    private let threads: Int

    /// Strengths that are tried: half a power of ten apart.
    package static let strengths: [Double] = (0...10).map { exponent in
        (0..<exponent / 2).reduce(exponent.isMultiple(of: 2) ? 0.1 : 0.1 * 10.0.squareRoot()) { value, _ in value * 10 }
    }

    /// - Parameter labels: N numbers from 0 to below `classes`.
    /// - Throws: `GraftError` `.invalidValue` for labels that do not fit.
    package init(_ space: RowSpace, labels: [Int], classes: Int, threads: Int) throws(GraftError) {
        guard labels.count == space.rows.count, classes > 1, labels.allSatisfy((0..<classes).contains) else {
            throw GraftError(
                .invalidValue, "the labels do not fit the features",
                expected: "\(space.rows.count) numbers from 0 to \(max(1, classes - 1)), of two classes or more",
                found: "\(labels.count)")
        }
        self.space = space
        self.labels = labels
        self.classes = classes
        self.threads = threads
        rows = space.rows.bordered
    }

    /// The strength under which pictures that are left out are told best, by the mean cross entropy. The path ends where
    /// that falls by less than a hundredth: what follows takes longest, and hardly differs. nil where no picture can be left
    /// out.
    /// - Parameter folds: of the rows. A picture whose class no other fold has says nothing.
    /// - Parameter advance: called after each strength, with how many of them are done; what it throws ends the search.
    package func choice(
        _ folds: Folds, advance: (Int, Int) throws(GraftError) -> Void = { _, _ in }
    ) throws(GraftError) -> OptionChoice? {
        let parts = (0..<folds.count).compactMap { part(folds.split($0)) }
        let held = parts.reduce(0) { $0 + $1.heldLabels.count }
        var trials: [OptionChoice.Trial] = []
        var best: OptionChoice.Trial?
        var last = [LogisticRegression?](repeating: nil, count: parts.count)
        for strength in Self.strengths {
            let starts = last
            let fits = WorkerPool.map(count: parts.count, threads: threads) { index in
                LogisticRegression(
                    parts[index].rows, labels: parts[index].labels, classes: classes, strength: strength,
                    tolerance: 1e-4, from: starts[index])
            }
            last = fits
            var loss = 0.0, correct = 0
            for (part, fit) in zip(parts, fits) {
                let logits = fit.logits(part.held)
                loss +=
                    Double(part.heldLabels.count)
                    * LogProbabilities.loss(of: logits, labels: part.heldLabels, classes: classes, temperature: 1)
                correct += right(logits, part.heldLabels)
            }
            let trial = OptionChoice.Trial(value: strength, loss: loss / Double(max(1, held)), correct: correct)
            trials.append(trial)
            try advance(trials.count, Self.strengths.count)
            if let best, trial.loss > best.loss * 0.99 { break }
            best = trial
        }
        return best.flatMap { best in
            held == 0
                ? nil : OptionChoice(option: "strength", chosen: best.value, pictures: held, trials: trials)
        }
    }

    private func right(_ logits: [Double], _ labels: [Int]) -> Int {
        labels.indices.count { row in
            let values = logits[row * classes..<(row + 1) * classes]
            return values.firstIndex(of: values.max() ?? 0).map { $0 - values.startIndex } == labels[row]
        }
    }

    /// The regression on all rows.
    /// - Returns: on the features themselves, `[K, F]` and `[K]`.
    package func fit(strength: Double) -> (weights: PackedRows, biases: [Double]) {
        let fit = LogisticRegression(
            rows, labels: labels, classes: classes, strength: strength, tolerance: 1e-8)
        return space.onFeatures(
            weights: PackedRows(fit.weights, count: classes, width: fit.width), biases: fit.biases)
    }

    /// One fold's pictures, and those of all others.
    private struct Part: Sendable {
        let rows: PackedRows
        let labels: [Int]
        let held: PackedRows
        let heldLabels: [Int]
    }

    private func part(_ split: (train: [Int], held: [Int])) -> Part? {
        let known = Set(split.train.map { labels[$0] })
        let held = split.held.filter { known.contains(labels[$0]) }
        guard known.count > 1, !held.isEmpty else { return nil }
        return Part(
            rows: rows.rows(split.train), labels: split.train.map { labels[$0] }, held: rows.rows(held),
            heldLabels: held.map { labels[$0] })
    }
}
