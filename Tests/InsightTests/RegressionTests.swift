import Foundation
import Inference
import Insight
import Numbers
import TestSupport
import Testing
import Zoo

/// Numbers of `Fixtures/insight/make.py`.
struct GoldenNumbers: Decodable {
    struct Regression: Decodable {
        let count: Int
        let width: Int
        let classes: Int
        let strength: Double
        let coefficients: [Double]
        let intercepts: [Double]
    }
    struct Calibration: Decodable {
        let count: Int
        let error: Double
    }
    let regressions: [String: Regression]
    let calibration: Calibration

    static func read() throws -> GoldenNumbers {
        let data = try Data(contentsOf: URL(fileURLWithPath: Fixtures.path("insight/numbers.json")))
        return try JSONDecoder().decode(GoldenNumbers.self, from: data)
    }
}

struct RegressionTests {
    @Test(arguments: ["two", "three", "separable", "ten"])
    func `coefficients equal scikit-learn's`(name: String) throws {
        let golden = try #require(try GoldenNumbers.read().regressions[name])
        let (features, labels) = try Self.problem(name, golden)
        let fit = try LogisticRegression(
            features, labels: labels, classes: golden.classes, strength: golden.strength, tolerance: 1e-9)
        #expect(fit.converged)
        let (weights, biases) = Self.asRows(fit)
        for (found, expected) in zip(weights, golden.coefficients) { #expect(abs(found - expected) < 1e-5) }
        for (found, expected) in zip(biases, golden.intercepts) { #expect(abs(found - expected) < 1e-5) }
    }

    @Test func `a start changes the way, not the end`() throws {
        let golden = try #require(try GoldenNumbers.read().regressions["three"])
        let (features, labels) = try Self.problem("three", golden)
        let other = try LogisticRegression(features, labels: labels, classes: 3, strength: 30, tolerance: 1e-9)
        let fit = try LogisticRegression(
            features, labels: labels, classes: 3, strength: golden.strength, tolerance: 1e-9, from: other)
        for (found, expected) in zip(fit.weights, golden.coefficients) { #expect(abs(found - expected) < 1e-5) }
    }

    @Test func `labels and strengths that make no sense are refused`() throws {
        let features = try FeatureRows(count: 2, width: 1, values: [0, 1])
        #expect(throws: GraftError.self) { try LogisticRegression(features, labels: [0], classes: 2) }
        #expect(throws: GraftError.self) { try LogisticRegression(features, labels: [0, 2], classes: 2) }
        #expect(throws: GraftError.self) { try LogisticRegression(features, labels: [0, 1], classes: 2, strength: 0) }
        #expect(throws: GraftError.self) { try FeatureRows(count: 1, width: 2, values: [0, .nan]) }
        #expect(throws: GraftError.self) { try FeatureRows(count: 2, width: 2, values: [0, 1]) }
    }

    /// Fewer pictures than features: the folds work in a space of fewer columns.
    @Test func `few pictures of many features get the same answers`() throws {
        let (blobs, labels) = try Blobs.draw(classes: 3, each: 8)
        // Two of the pictures are copies, which leave a column less.
        let features = blobs.rows(Array(0..<labels.count - 1) + [2])
        let copied = labels.dropLast() + [labels[2]]
        let folds = Folds(labels: Array(copied))
        let found = OutOfFold(
            features, labels: Array(copied), classes: 3, folds: folds, strengths: [10], threads: 2)
        for fold in 0..<folds.count {
            let (train, held) = folds.split(fold)
            let fit = try LogisticRegression(
                features.unit.rows(train), labels: train.map { copied[$0] }, classes: 3, strength: 10, tolerance: 1e-9)
            let expected = fit.logits(
                PackedRows(features.unit.rows(held).values, count: held.count, width: features.width).bordered)
            for (place, picture) in held.enumerated() {
                for label in 0..<3 {
                    #expect(abs(found.logits[picture * 3 + label] - expected[place * 3 + label]) < 2e-3)
                }
            }
        }
    }

    @Test func `answers are the same at any number of threads`() throws {
        let (features, labels) = try Blobs.draw(classes: 3, each: 30)
        let folds = Folds(labels: labels)
        let one = OutOfFold(features, labels: labels, classes: 3, folds: folds, threads: 1)
        let four = OutOfFold(features, labels: labels, classes: 3, folds: folds, threads: 4)
        #expect(one == four)
        #expect(one.isRight(labels).count(where: { $0 }) > 85)
    }

    @Test func `folds keep classes even and copies together`() {
        let labels = (0..<90).map { $0 % 3 }
        let groups = (0..<90).map { $0 < 9 ? 0 : $0 }
        let folds = Folds(labels: labels, groups: groups, count: 5)
        #expect(Set((0..<9).map { folds.fold[$0] }).count == 1)
        let plain = Folds(labels: labels, count: 5)
        for fold in 0..<5 {
            for label in 0..<3 {
                #expect(labels.indices.count(where: { plain.fold[$0] == fold && labels[$0] == label }) == 6)
            }
        }
        #expect(Folds(labels: labels, count: 5) == plain)
        #expect(Folds(labels: labels, count: 5, seed: 1) != plain)
    }

    private static func problem(
        _ name: String, _ golden: GoldenNumbers.Regression
    ) throws -> (FeatureRows, [Int]) {
        let values = HashFill.samples("logistic.\(name)", golden.count * golden.width).map(Float.init)
        let centres = HashFill.samples("logistic.\(name).centres", golden.classes * golden.width).map(Float.init)
        let labels = (0..<golden.count).map { $0 % golden.classes }
        let features = values.indices.map { index in
            let (row, column) = (index / golden.width, index % golden.width)
            // NumPy multiplies an array of floats by a Python number in float.
            return values[index] + 0.4 * centres[labels[row] * golden.width + column]
        }
        return (try FeatureRows(count: golden.count, width: golden.width, values: features), labels)
    }

    /// scikit-learn keeps one row for two classes.
    private static func asRows(_ fit: LogisticRegression) -> ([Double], [Double]) {
        guard fit.classes == 2 else { return (fit.weights, fit.biases) }
        return (
            (0..<fit.width).map { fit.weights[fit.width + $0] - fit.weights[$0] }, [fit.biases[1] - fit.biases[0]]
        )
    }
}
