import Foundation
import Inference
import Objectives
import Testing
import Zoo

/// Counts and figures against values worked out elsewhere.
@Suite struct EvaluationTests {
    /// Wilson's interval, from SciPy: `binomtest(k, n).proportion_ci(method="wilson")`.
    @Test(arguments: [
        (68, 75, 0.819653131504585, 0.9540514766093995),
        (1, 10, 0.017876213095072896, 0.4041500267952385),
        (0, 10, 0.0, 0.27753279986288926),
        (10, 10, 0.7224672001371109, 1.0),
        (500, 1000, 0.4690696003681042, 0.5309303996318958),
        (3, 7, 0.1582198552514697, 0.7495416354723428),
        (74, 75, 0.9282663444557843, 0.9976424488609513),
    ])
    func wilson(_ correct: Int, _ total: Int, _ lower: Double, _ upper: Double) {
        let interval = WilsonInterval(correct: correct, total: total)
        #expect(abs(interval.lower - lower) < 1e-9 && abs(interval.upper - upper) < 1e-9)
    }

    @Test func nothingToCount() throws {
        #expect(WilsonInterval(correct: 0, total: 0).lower == 0 && WilsonInterval(correct: 0, total: 0).upper == 1)
        let empty = try Evaluation(logits: Tensor(shape: [0, 2]), labels: [], classes: ["a", "b"])
        #expect(empty.description == "0 of 0" && empty.loss == nil && empty.calibrationError == nil)
    }

    @Test func words() {
        #expect(Evaluation.describe(correct: 68, total: 75) == "68 of 75, 90.7 % (95 % interval 82-95)")
        #expect(Evaluation.describe(correct: 75, total: 75) == "75 of 75, 100.0 % (95 % interval 95-100)")
        #expect(Evaluation.describe(correct: 0, total: 3) == "0 of 3, 0.0 % (95 % interval 0-56)")
    }

    private func sample() throws -> Evaluation {
        // Predictions 0 0 1 0 0 2(first of equals) for labels 0 0 1 1 2 2; class 3 never occurs.
        let logits: [Float] = [
            3, 1, 0, 0, 2, 0, 1, 0, 0, 4, 0, 0, 1, 0, 0, 0, 2, 1, 1, 0, 0, 0, 5, 5,
        ]
        return try Evaluation(
            logits: Tensor(shape: [6, 4], elements: logits), labels: [0, 0, 1, 1, 2, 2], classes: ["a", "b", "c", "d"])
    }

    @Test func figures() throws {
        let evaluation = try sample()
        #expect(evaluation.correct == 4 && evaluation.total == 6 && evaluation.topFiveCorrect == nil)
        #expect(evaluation.confusion == [[2, 0, 0, 0], [1, 1, 0, 0], [1, 0, 1, 0], [0, 0, 0, 0]])
        #expect(evaluation.perClass.map(\.precision) == [0.5, 1, 1, 0])
        #expect(evaluation.perClass.map(\.recall) == [1, 0.5, 0.5, 0])
        let harmonic = 2 / 3 as Double
        #expect(evaluation.perClass.map(\.f1) == [harmonic, harmonic, harmonic, 0])
        #expect(evaluation.perClass.map(\.support) == [2, 2, 2, 0])
        #expect(abs(try #require(evaluation.loss) - 0.8047256777884226) < 1e-12)
        #expect(abs(try #require(evaluation.calibrationError) - 0.19907325227786718) < 1e-12)
    }

    @Test func topFive() throws {
        // Ties rank by index: with equal logits the first five classes are the top five.
        let labels = Array(0..<7)
        let evaluation = try Evaluation(
            logits: Tensor(shape: [7, 7]), labels: labels, classes: labels.map(String.init))
        #expect(evaluation.topFiveCorrect == 5 && evaluation.correct == 1)
    }

    @Test func oneOutput() throws {
        let evaluation = try Evaluation(
            logits: Tensor(shape: [3, 1], elements: [-1, 2, 0]), labels: [0, 1, 1], classes: ["no", "yes"])
        #expect(evaluation.confusion == [[1, 0], [1, 1]])
        let losses = [log(1 + exp(-1.0)), log(1 + exp(-2.0)), log(2.0)]
        #expect(abs(try #require(evaluation.loss) - losses.reduce(0, +) / 3) < 1e-12)
    }

    @Test func largeLogits() throws {
        let evaluation = try Evaluation(
            logits: Tensor(shape: [2, 2], elements: [1e30, 0, 0, 1e4]), labels: [0, 0], classes: ["a", "b"])
        #expect(evaluation.loss == 5000)
    }

    @Test func refusals() {
        func message(_ shape: [Int], _ labels: [Int], _ fill: Float = 0) -> String {
            do {
                _ = try Evaluation(
                    logits: Tensor(shape: shape, repeating: fill), labels: labels, classes: ["a", "b", "c"])
            } catch { return "\(error)" }
            return "nothing was thrown"
        }
        #expect(message([2, 4], [0, 0]) == "the logits do not fit the classes: expected Nx3, found 2x4")
        #expect(message([2, 1], [0, 0]) == "the logits do not fit the classes: expected Nx3, found 2x1")
        #expect(message([2, 3], [0]) == "every image needs a label: expected 2 labels, found 1")
        #expect(message([1, 3], [3]) == "a label is not the index of a class: expected 0 to 2, found 3")
        #expect(
            message([1, 3], [0], .nan)
                == "image 0: the model's answer is not a finite number: found nan; check the weights")
    }
}
