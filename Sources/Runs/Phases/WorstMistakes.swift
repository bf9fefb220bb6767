import Data
import Learning
import Numbers
import Zoo

/// The test pictures that are answered most wrong, as the answers come.
struct WorstMistakes {
    private struct Mistake {
        let picture: Int
        let truth: Int
        let guess: Int
        let probability: Double
        let truthProbability: Double
    }

    private static let most = 12

    private var found: [Mistake] = []

    /// - Parameter outputs: `[N, classes]`, or `[N, 1]`: the logit of the second class.
    mutating func look(_ batch: TrainingBatch, _ outputs: Tensor) {
        guard let labels = batch.targets.classIndices else { return }
        let width = outputs.shape[1]
        for (row, label) in labels.enumerated() {
            let own = outputs.elements[row * width..<(row + 1) * width].map(Double.init)
            let logits = width == 1 ? [0, own[0]] : own
            let guess = logits.indices.max { (logits[$0], $1) < (logits[$1], $0) } ?? 0
            guard guess != label, logits.indices.contains(label) else { continue }
            let probabilities = LogProbabilities.probabilities(logits)
            found.append(
                Mistake(
                    picture: batch.samples[row], truth: label, guess: guess, probability: probabilities[guess],
                    truthProbability: probabilities[label]))
        }
        found.sort { ($0.truthProbability, $0.picture) < ($1.truthProbability, $1.picture) }
        found.removeLast(max(0, found.count - Self.most))
    }

    /// The worst first; then there are none.
    mutating func take(of survey: Survey) -> [TrainingMistake] {
        defer { found = [] }
        return found.map { mistake in
            TrainingMistake(
                path: survey.sets.test[mistake.picture].picture.path, truth: survey.classes[mistake.truth],
                guess: survey.classes[mistake.guess], probability: mistake.probability,
                truthProbability: mistake.truthProbability)
        }
    }
}
