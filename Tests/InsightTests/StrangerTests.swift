import Inference
import Insight
import Numbers
import TestSupport
import Testing
import Zoo

struct StrangerTests {
    private let classes = ["a", "b", "c"]

    private func fit(each count: Int, promised: Double = 0.05) throws -> StrangerScore.Fit {
        let (features, labels) = try Blobs.draw(classes: 3, each: count)
        let folds = Folds(labels: labels)
        let answers = OutOfFold(features, labels: labels, classes: 3, folds: folds, threads: 2)
        return try StrangerScore.fit(
            features, labels: labels, classes: classes, probabilities: answers.probabilities(), promised: promised,
            folds: folds, groups: Array(labels.indices), threads: 2)
    }

    @Test func `strangers score lower than pictures of the classes`() throws {
        let fit = try fit(each: 100)
        let (known, _) = try Blobs.draw(classes: 3, each: 40, name: "new")
        let (strange, _) = try Blobs.draw(classes: 3, each: 40, name: "strange", centre: "elsewhere")
        func share(_ features: FeatureRows) -> Double {
            let called = (0..<features.count).count { row in
                fit.score.isStranger(fit.score.score(features: Array(features[row]), confidence: 0.999))
            }
            return Double(called) / Double(features.count)
        }
        #expect(share(strange) == 1)
        #expect(share(known) < 0.12)
        #expect(fit.rejected.reduce(0, +) == 15)
        #expect(fit.counts == [100, 100, 100])
    }

    @Test func `surer and nearer is less strange, without end`() throws {
        let score = try fit(each: 40).score
        let (known, _) = try Blobs.draw(classes: 3, each: 2, name: "new")
        let near = Array(known[0]), far = near.map { _ in Float(0) }
        #expect(score.score(features: near, confidence: 1) > score.score(features: near, confidence: 0.4))
        #expect(score.score(features: near, confidence: 0.9) > score.score(features: far, confidence: 0.9))
        #expect(score.score(features: far, confidence: 0).isFinite)
        // Features' length does not count.
        let longer = near.map { $0 * 7 }
        #expect(
            abs(score.score(features: near, confidence: 0.9) - score.score(features: longer, confidence: 0.9)) < 1e-4)
    }

    @Test func `few pictures and impossible shares are refused with the reason`() throws {
        let error = #expect(throws: GraftError.self) { try fit(each: 19) }
        #expect(
            error?.description
                == "train.none_of_these: too few pictures to know what is none of the classes: "
                + "expected at least 20 pictures a class, found 19 of 'a'; add pictures or leave out train.none_of_these"
        )
        #expect(throws: GraftError.self) { try fit(each: 30, promised: 0) }
        #expect(throws: GraftError.self) {
            try StrangerScore(
                prototypes: FeatureRows(count: 5, width: 1, values: [1, 1, 1, 1, 1]), labels: [0, 0, 0, 0, 0],
                cosines: [0.5, 0.4],
                confidences: [0.5], threshold: 0, promised: 0.05)
        }
    }
}
