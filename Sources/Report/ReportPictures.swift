package import Data
import Engine
import Images
import Learning
package import Zoo

/// The pictures of a report, chosen by how sure the model is.
package struct ReportPictures {
    private struct Answer {
        let item: LabelledPicture
        let probabilities: [Double]
        let predicted: Int
        var isRight: Bool { predicted == item.label }
        var confidence: Double { probabilities[predicted] }
    }

    private let answers: [Answer]
    private let classes: [String]

    /// - Parameter logits: `[N, classes]`, of `items` in their order.
    package init(items: [LabelledPicture], logits: Tensor, classes: [String]) throws(GraftError) {
        let scores = try ClassScores(logits: logits, labels: items.map(\.label), classCount: classes.count)
        self.classes = classes
        answers = items.indices.map { index in
            Answer(
                item: items[index], probabilities: scores.probabilities(of: index),
                predicted: scores.prediction(of: index))
        }
    }

    /// Wrong answers, the surest first.
    package func mistakes(limit: Int) -> [PictureCard] {
        cards(Array(sorted(answers.filter { !$0.isRight }).prefix(limit)))
    }

    /// Right answers, the surest ones of each class in turn.
    package func successes(limit: Int) -> [PictureCard] {
        let groups = classes.indices.map { label in
            sorted(answers.filter { $0.isRight && $0.predicted == label })
        }
        let longest = groups.map(\.count).max() ?? 0
        var chosen: [Answer] = []
        for rank in 0..<min(longest, limit) {
            for group in groups where rank < group.count && chosen.count < limit { chosen.append(group[rank]) }
        }
        return cards(chosen)
    }

    private func sorted(_ answers: [Answer]) -> [Answer] {
        answers.sorted { ($1.confidence, $0.item.path) < ($0.confidence, $1.item.path) }
    }

    private func cards(_ answers: [Answer]) -> [PictureCard] {
        let thumbnails = Thumbnails.make(answers.map(\.item.path))
        return zip(answers, thumbnails).map { answer, thumbnail in
            let ranked = classes.indices.sorted {
                (answer.probabilities[$1], $0) < (answer.probabilities[$0], $1)
            }
            var shown = Array(ranked.prefix(3))
            if !shown.contains(answer.item.label) { shown.append(answer.item.label) }
            return PictureCard(
                path: answer.item.path, truth: classes[answer.item.label],
                guesses: shown.map { PictureCard.Guess(name: classes[$0], probability: answer.probabilities[$0]) },
                thumbnail: thumbnail)
        }
    }
}

/// Small versions of pictures for pages.
package enum Thumbnails {
    /// A JPEG file for each path, on all cores; nil for a picture that cannot be read any more.
    package static func make(_ paths: [String], longSide: Int = 320) -> [[UInt8]?] {
        WorkerPool.map(count: paths.count, threads: (try? ThreadPool.count(nil)) ?? 1) { index in
            try? Picture(path: paths[index]).thumbnail(longSide: longSide).jpeg(quality: 80)
        }
    }
}
