package import Inference
import Engine
package import Numbers

/// What models say of pictures that they have not seen: one fit for each fold, on the pictures of the others.
package struct OutOfFold: Sendable, Hashable {
    /// `[N, K]`
    package let logits: [Double]
    /// K.
    package let classes: Int
    /// The inverse of the penalty that was found best.
    package let strength: Double
    /// The mean cross entropy.
    package let loss: Double

    /// Strengths that are tried where none is given: features have length 1, so they mean the same for any backbone.
    package static let path: [Double] = [1, 10, 100]

    /// Answers from elsewhere, such as a head trained by gradient descent.
    /// - Parameter logits: `[N, classes]`
    package init(logits: [Double], labels: [Int], classes: Int) {
        self.logits = logits
        self.classes = classes
        strength = 0
        loss = LogProbabilities.loss(of: logits, labels: labels, classes: classes, temperature: 1)
    }

    /// Logistic regressions on features of length 1.
    /// - Parameter strengths: the one with the lowest loss is taken, the first of equals.
    package init(
        _ features: FeatureRows, labels: [Int], classes: Int, folds: Folds, strengths: [Double] = path, threads: Int
    ) {
        let all = PackedRows(unit: features, threads: threads)
        let answers = WorkerPool.map(count: folds.count, threads: threads) { fold -> [[Double]] in
            let (train, held) = folds.split(fold)
            guard !train.isEmpty, !held.isEmpty else { return strengths.map { _ in [] } }
            let rows = all.rows(train), others = all.rows(held)
            let trainLabels = train.map { labels[$0] }
            var last: LogisticRegression?
            return strengths.map { strength in
                let fit = LogisticRegression(
                    rows, labels: trainLabels, classes: classes, strength: strength, tolerance: 1e-5, from: last)
                last = fit
                return fit.logits(others)
            }
        }
        var logits = [[Double]](
            repeating: [Double](repeating: 0, count: labels.count * classes), count: strengths.count)
        for (fold, parts) in answers.enumerated() {
            for (place, picture) in folds.split(fold).held.enumerated() {
                for index in strengths.indices {
                    for label in 0..<classes {
                        logits[index][picture * classes + label] = parts[index][place * classes + label]
                    }
                }
            }
        }
        let losses = logits.map { LogProbabilities.loss(of: $0, labels: labels, classes: classes, temperature: 1) }
        let best = losses.indices.min { losses[$0] < losses[$1] } ?? 0
        self.logits = logits[best]
        loss = losses[best]
        strength = strengths[best]
        self.classes = classes
    }

    /// `[N][K]`
    package func probabilities(temperature: Double = 1) -> [[Double]] {
        (0..<logits.count / classes).map {
            LogProbabilities.probabilities(logits[$0 * classes..<($0 + 1) * classes], temperature: temperature)
        }
    }

    /// Whether the most probable class is the label, picture by picture.
    package func isRight(_ labels: [Int]) -> [Bool] {
        probabilities().enumerated().map { $1.firstIndex(of: $1.max() ?? 0) == labels[$0] }
    }
}
