import Engine
package import Zoo

/// The probability from which on each label counts as told, chosen for the best F1 on pictures that the answering model had
/// not seen.
package enum LabelThresholds {
    /// Labels that fewer pictures have, or lack, keep one half: a choice among so few would follow chance.
    private static let fewest = 5

    /// Whether any label's threshold would be chosen by these pictures.
    package static func canChoose(by targets: Targets, labels: Int) -> Bool {
        targets.counts(labels).contains { $0 >= fewest && targets.count - $0 >= fewest }
    }

    /// - Parameters:
    ///   - logits: `[N, labels]`
    ///   - labels: `[N, labels]`, 1 where the label fits.
    /// - Returns: one a label, half way between the neighbouring probabilities; of equally good ones that nearest to one half.
    package static func chosen(logits: Tensor, labels: Tensor) -> [Double] {
        let (count, columns) = (logits.shape[0], logits.shape[1])
        return (0..<columns).map { column in
            let answers = (0..<count).map { row in
                (
                    probability: LabelEvaluation.probability(Double(logits.elements[row * columns + column])),
                    isTrue: labels.elements[row * columns + column] > 0.5
                )
            }.sorted { $0.probability > $1.probability }
            return best(answers)
        }
    }

    /// - Parameter answers: the surest first.
    private static func best(_ answers: [(probability: Double, isTrue: Bool)]) -> Double {
        let positives = answers.count { $0.isTrue }
        guard positives >= fewest, answers.count - positives >= fewest else { return 0.5 }
        var (hits, best) = (0, (f1: -1.0, threshold: 0.5))
        for (index, answer) in answers.enumerated() {
            hits += answer.isTrue ? 1 : 0
            let next = index + 1 < answers.count ? answers[index + 1].probability : 0
            guard answer.probability > next else { continue }
            let f1 = Double(2 * hits) / Double(index + 1 + positives)
            // Any threshold between two answers tells the same pictures.
            let threshold = next < 0.5 && 0.5 <= answer.probability ? 0.5 : (answer.probability + next) / 2
            if f1 > best.f1 || f1 == best.f1 && abs(threshold - 0.5) < abs(best.threshold - 0.5) {
                best = (f1, threshold)
            }
        }
        return best.threshold
    }
}
