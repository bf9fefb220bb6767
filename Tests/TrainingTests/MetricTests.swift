import Foundation
import Objectives
import Testing
import Zoo

/// The figures of labels and of numbers against scikit-learn's.
@Suite struct MetricTests {
    private struct Golden: Decodable {
        struct Labels: Decodable {
            var logits: [Float]
            var truth: [Float]
            var thresholds: [Double]
            var exact: Int
            var loss: Double
            var macroF1: Double
            var microF1: Double
            var meanAveragePrecision: Double
            var precision: [Double]
            var recall: [Double]
            var f1: [Double]
            var averagePrecision: [Double]
        }
        struct Numbers: Decodable {
            var values: [Float]
            var answers: [Float]
            var mae: [Double]
            var rmse: [Double]
            var r2: [Double]
        }
        var labels: Labels
        var numbers: Numbers
    }

    private let golden: Golden

    init() throws {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        golden = try decoder.decode(Golden.self, from: TrainingTests.golden("metrics.json"))
    }

    private func near(_ found: [Double], _ expected: [Double]) -> Bool {
        found.count == expected.count && zip(found, expected).allSatisfy { abs($0 - $1) <= 1e-12 * max(1, abs($1)) }
    }

    @Test func labels() throws {
        let labels = golden.labels
        let found = try LabelEvaluation(
            logits: try Tensor(shape: [40, 4], elements: labels.logits),
            labels: try Tensor(shape: [40, 4], elements: labels.truth), names: ["a", "b", "c", "d"],
            thresholds: labels.thresholds)
        #expect(found.exact == labels.exact && found.total == 40)
        #expect(found.interval == WilsonInterval(correct: labels.exact, total: 40))
        #expect(near(found.perLabel.map(\.precision), labels.precision))
        #expect(near(found.perLabel.map(\.recall), labels.recall))
        #expect(near(found.perLabel.map(\.f1), labels.f1))
        #expect(near(found.perLabel.compactMap(\.averagePrecision), labels.averagePrecision))
        #expect(found.perLabel[3].averagePrecision == nil && found.perLabel[3].support == 0)
        #expect(
            near(
                [found.macroF1, found.microF1, try #require(found.meanAveragePrecision), try #require(found.loss)],
                [labels.macroF1, labels.microF1, labels.meanAveragePrecision, labels.loss]))
    }

    @Test func numbers() throws {
        let numbers = golden.numbers
        let found = try ValueEvaluation(
            outputs: try Tensor(shape: [40, 2], elements: numbers.answers),
            values: try Tensor(shape: [40, 2], elements: numbers.values), names: ["a", "b"])
        #expect(near(found.perValue.map(\.meanAbsoluteError), numbers.mae))
        #expect(near(found.perValue.map(\.rootMeanSquaredError), numbers.rmse))
        #expect(near(found.perValue.compactMap(\.r2), numbers.r2))
        for score in found.perValue {
            let interval = try #require(score.r2Interval)
            let r2 = try #require(score.r2)
            #expect(interval.lower < r2 && r2 < interval.upper && interval.upper < 1)
            let error = score.meanAbsoluteErrorInterval
            #expect(error.lower < score.meanAbsoluteError && score.meanAbsoluteError < error.upper)
            // A mean of 40 sizes whose spread is about 3/4 of it, give or take a third.
            let width = (error.upper - error.lower) / (2 * 1.96 * 0.755 * score.meanAbsoluteError / 40.0.squareRoot())
            #expect((0.66...1.33).contains(width), "\(width)")
        }
    }

    @Test func equalValuesHaveNoR2() throws {
        let found = try ValueEvaluation(
            outputs: try Tensor(shape: [3, 1], elements: [1, 2, 4]),
            values: try Tensor(shape: [3, 1], elements: [2, 2, 2]), names: ["a"])
        #expect(found.perValue[0].r2 == nil && found.perValue[0].r2Interval == nil)
        #expect(found.perValue[0].meanAbsoluteError == 1)
        #expect("\(found)" == "a: mean absolute error 1.00")
    }

    @Test func whatDoesNotFitIsRefused() throws {
        let rows = try Tensor(shape: [2, 2], elements: [1, 0, 0, 1])
        for (outputs, names) in [
            (try Tensor(shape: [2, 3], elements: [Float](repeating: 0, count: 6)), ["a", "b"]),
            (try Tensor(shape: [1, 2], elements: [0, 0]), ["a", "b"]), (rows, ["a"]),
            (try Tensor(shape: [2, 2], elements: [0, .nan, 0, 0]), ["a", "b"]),
        ] {
            #expect(throws: GraftError.self) { try LabelEvaluation(logits: outputs, labels: rows, names: names) }
            #expect(throws: GraftError.self) { try ValueEvaluation(outputs: outputs, values: rows, names: names) }
        }
    }

    /// Every threshold is tried by hand: none has a better F1.
    @Test func thresholdsAreTheBest() throws {
        let labels = golden.labels
        let (logits, truth) = (
            try Tensor(shape: [40, 4], elements: labels.logits), try Tensor(shape: [40, 4], elements: labels.truth)
        )
        let chosen = LabelThresholds.chosen(logits: logits, labels: truth)
        // Nobody has the last label: nothing can be chosen.
        #expect(chosen[3] == 0.5)
        func f1(_ column: Int, _ threshold: Double) throws -> Double {
            var thresholds = chosen
            thresholds[column] = threshold
            return try LabelEvaluation(
                logits: logits, labels: truth, names: ["a", "b", "c", "d"], thresholds: thresholds
            ).perLabel[column].f1
        }
        for column in 0..<3 {
            let best = try f1(column, chosen[column])
            for step in 0...1000 { #expect(try f1(column, Double(step) / 1000) <= best) }
            #expect((0.05...0.95).contains(chosen[column]))
        }
    }

    /// Probabilities of scipy's `binomtest(k, n).pvalue`.
    @Test(arguments: [(5, 15, 0.04138946533), (0, 3, 0.25), (7, 7, 1.0), (0, 0, 1.0), (400, 520, 8.54917092e-05)])
    func mcNemar(first: Int, second: Int, expected: Double) {
        let right = [Bool](repeating: true, count: first), wrong = [Bool](repeating: false, count: second)
        let both = [true, true, false]
        let found = McNemar(right + wrong + both, right.map { !$0 } + wrong.map { !$0 } + both)
        #expect(found.onlyFirst == first && found.onlySecond == second)
        #expect(abs(found.pValue - expected) < 1e-8)
    }
}
