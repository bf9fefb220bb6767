package import Data
import Inference
package import Objectives
package import Zoo

/// The pictures of a report, chosen by how sure the model is, or how far off.
package struct ReportPictures {
    private struct Answer {
        let path: String
        let says: String
        let truth: String
        /// Nil for numbers.
        let isRight: Bool?
        /// How sure the answer is; of numbers, how far off.
        let weight: Double
        /// The class that is told.
        let group: Int
        let guesses: [PictureCard.Guess]
        let trueNames: Set<String>
    }

    private let answers: [Answer]
    private let looks: LookedAt?
    private let threads: Int?
    /// Of each of a model's numbers, what is true and what is answered.
    package let pairs: [ScatterFigure.Pairs]

    /// - Parameters:
    ///   - outputs: `[N, classes]`, of `items` in their order; what is divided by a temperature is divided already.
    ///   - assessment: of the same pictures.
    ///   - looks: where the model looked; nil to leave that out.
    ///   - threads: nil for `GRAFT_THREADS`, or else the number of processors.
    package init(
        items: [LabelledPicture], outputs: Tensor, assessment: Assessment, classes: [String], looks: LookedAt? = nil,
        threads: Int? = nil
    ) throws(GraftError) {
        self.looks = looks
        self.threads = threads
        let width = outputs.shape.last ?? 0
        let rows = items.indices.map { Array(outputs.elements[$0 * width..<($0 + 1) * width]) }
        switch assessment {
        case .classes:
            let reading = AnswerReading(names: classes)
            answers = zip(items, rows).map { Self.ofClass($0, $1, reading) }
            pairs = []
        case .labels(let figures):
            let reading = AnswerReading(
                task: .multilabel, names: classes, thresholds: figures.perLabel.map(\.threshold))
            answers = zip(items, rows).map { Self.ofLabels($0, $1, reading) }
            pairs = []
        case .values(let figures):
            answers = zip(items, rows).map { Self.ofValues($0, $1, figures) }
            pairs = classes.indices.map { column in
                ScatterFigure.Pairs(
                    name: classes[column],
                    points: zip(items, rows).map { item, row in
                        (item.target.values[column], Double(row[column]))
                    })
            }
        }
    }

    private static func ofClass(_ item: LabelledPicture, _ row: [Float], _ reading: AnswerReading) -> Answer {
        let probabilities = reading.figures(row)
        let ranked = reading.ranked(row)
        let label = item.label ?? 0
        var shown = Array(ranked.prefix(3))
        if !shown.contains(label) { shown.append(label) }
        return Answer(
            path: item.path, says: reading.names[ranked[0]], truth: reading.names[label],
            isRight: ranked[0] == label, weight: probabilities[ranked[0]], group: ranked[0],
            guesses: shown.map { .init(name: reading.names[$0], probability: probabilities[$0]) },
            trueNames: [reading.names[label]])
    }

    private static func ofLabels(_ item: LabelledPicture, _ row: [Float], _ reading: AnswerReading) -> Answer {
        let probabilities = reading.figures(row)
        let (names, ranked) = (reading.names, reading.ranked(row))
        let known = Set(item.target.labels)
        let told = ranked.filter { probabilities[$0] >= reading.thresholds[$0] }
        let isRight = Set(told) == known
        // The label that is most certainly told wrong; of a right answer, the least certain one.
        let margins = names.indices.map { index in
            (
                isWrong: (probabilities[index] >= reading.thresholds[index]) != known.contains(index),
                size: abs(probabilities[index] - reading.thresholds[index])
            )
        }
        let weight =
            isRight ? margins.map(\.size).min() ?? 0 : margins.filter(\.isWrong).map(\.size).max() ?? 0
        let shown = Array(ranked.prefix(3)) + ranked.dropFirst(3).filter { known.contains($0) || told.contains($0) }
        func text(_ labels: [Int]) -> String {
            labels.isEmpty ? "no label" : labels.map { names[$0] }.joined(separator: ", ")
        }
        return Answer(
            path: item.path, says: text(told), truth: text(known.sorted()), isRight: isRight, weight: weight,
            group: told.first ?? 0, guesses: shown.map { .init(name: names[$0], probability: probabilities[$0]) },
            trueNames: Set(known.map { names[$0] }))
    }

    private static func ofValues(_ item: LabelledPicture, _ row: [Float], _ figures: ValueEvaluation) -> Answer {
        func text(_ values: [Double]) -> String { values.map(NumberText.figure).joined(separator: ", ") }
        let truth = item.target.values
        let distances = figures.perValue.indices.map { column in
            abs(Double(row[column]) - truth[column]) / max(figures.perValue[column].rootMeanSquaredError, 1e-30)
        }
        return Answer(
            path: item.path, says: text(row.map(Double.init)), truth: text(truth), isRight: nil,
            weight: distances.max() ?? 0, group: 0, guesses: [], trueNames: [])
    }

    /// Wrong answers, the surest first; of numbers, those that are furthest off.
    package func mistakes(limit: Int) -> [PictureCard] {
        cards(Array(sorted(answers.filter { $0.isRight != true }).prefix(limit)))
    }

    /// Right answers, the surest ones of each class in turn.
    package func successes(limit: Int) -> [PictureCard] {
        let right = answers.filter { $0.isRight == true }
        let groups = Dictionary(grouping: right, by: \.group).sorted { $0.key < $1.key }.map { sorted($0.value) }
        let longest = groups.map(\.count).max() ?? 0
        var chosen: [Answer] = []
        for rank in 0..<min(longest, limit) {
            for group in groups where rank < group.count && chosen.count < limit { chosen.append(group[rank]) }
        }
        return cards(chosen)
    }

    private func sorted(_ answers: [Answer]) -> [Answer] {
        answers.sorted { ($1.weight, $0.path) < ($0.weight, $1.path) }
    }

    private func cards(_ answers: [Answer]) -> [PictureCard] {
        // Of numbers there is no class to look for.
        let maps =
            pairs.isEmpty ? looks?.maps(of: answers.map { ($0.path, $0.group) }) : nil
        return zip(answers, Thumbnails.make(answers.map(\.path), threads: threads)).enumerated().map { index, pair in
            var card = PictureCard(
                path: pair.0.path, says: pair.0.says, truth: pair.0.truth, isRight: pair.0.isRight,
                guesses: pair.0.guesses, trueNames: pair.0.trueNames, thumbnail: pair.1)
            card.map = maps?[index]
            return card
        }
    }
}

extension Target {
    /// The labels that fit; none of another kind.
    fileprivate var labels: [Int] { if case .labels(let labels) = self { labels } else { [] } }
    /// The numbers; none of another kind.
    fileprivate var values: [Double] { if case .values(let values) = self { values.map(Double.init) } else { [] } }
}
