package import Inference

/// Pictures whose label is most likely another.
package struct LabelSuspects: Sendable, Hashable {
    /// A picture, and what speaks against its label.
    package struct Suspect: Sendable, Hashable {
        package let picture: Int
        package let given: Int
        package let suggested: Int
        /// From -1 (certainly another label) to 1 (certainly right): the given label's lead over the best other one, the mean of
        /// what a model that has not seen the picture says and what its nearest pictures are called.
        package let score: Double
    }

    /// Every picture, the most doubtful first.
    package let ranking: [Suspect]
    /// Of the model that the doubts come from, on pictures it has not seen.
    package let accuracy: Double

    /// Below this accuracy the model errs too often to speak against a person.
    package static let leastAccuracy = 0.85
    /// Whether the doubts are to be taken lightly.
    package var isWeakEvidence: Bool { accuracy < Self.leastAccuracy }
    /// Those that both model and neighbours speak against.
    package var suspects: ArraySlice<Suspect> { ranking.prefix { $0.score < 0 } }

    /// Neighbours that vote.
    private static let neighbours = 10

    /// - Parameters:
    ///   - groups: pictures that are copies of one another have the same number; they do not vote on each other.
    package init(
        _ answers: OutOfFold, labels: [Int], features: UnitRows, groups: [Int], threads: Int
    ) {
        let classes = answers.classes
        let probabilities = answers.probabilities()
        let near = features.nearest(Self.neighbours, threads: threads) { groups[$0] == groups[$1] }
        var ranking: [Suspect] = []
        for (picture, label) in labels.enumerated() {
            var votes = [Double](repeating: 0, count: classes)
            for neighbour in near[picture] {
                votes[labels[neighbour.row]] += 1 / Double(max(1, near[picture].count))
            }
            let both = (0..<classes).map { probabilities[picture][$0] + votes[$0] }
            let others = (0..<classes).filter { $0 != label }
            let suggested = others.max { both[$0] < both[$1] } ?? label
            func lead(_ values: [Double]) -> Double { values[label] - (others.map { values[$0] }.max() ?? 0) }
            ranking.append(
                Suspect(
                    picture: picture, given: label, suggested: suggested,
                    score: (lead(probabilities[picture]) + lead(votes)) / 2))
        }
        self.ranking = ranking.sorted { ($0.score, $0.picture) < ($1.score, $1.picture) }
        let right = answers.isRight(labels).count(where: { $0 })
        accuracy = labels.isEmpty ? 0 : Double(right) / Double(labels.count)
    }
}
