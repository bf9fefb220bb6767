import Foundation
import Learning
import Objectives
import Testing
import Zoo

/// Every loss against PyTorch in double precision, by its name in configurations.
@Suite struct LossTests {
    struct Golden: Decodable, CustomStringConvertible {
        var kind: String
        var targets: String
        var outputs: Int
        var weights: [Double]?
        var smoothing: Double?
        var options: [String: OptionValue]?
        var goals: [Float]
        var mean: Double
        var gradient: [Double]

        var description: String { "\(kind) of \(targets), \(options ?? [:]), \(weights ?? [])" }

        func rows() throws -> Targets {
            let tensor = { try Tensor(shape: [7, outputs], elements: goals) }
            return switch targets {
            case "classes": .classes(goals.map { Int($0) })
            case "labels": .labels(try tensor())
            default: .values(try tensor())
            }
        }

        func loss() throws -> any Loss {
            let type = try #require(try Registry.learning().loss(kind))
            var reader = Options(options ?? [:], path: "train.loss")
            let context = LossContext(
                targets: targets == "classes" ? max(2, outputs) : outputs, weights: weights,
                labelSmoothing: smoothing ?? 0)
            return try type.init(options: &reader, in: context)
        }
    }

    @Test("PyTorch's", arguments: try JSONDecoder().decode([Golden].self, from: golden("losses.json")))
    func values(_ golden: Golden) throws {
        let outputs = try Tensor(shape: [7, golden.outputs], elements: noise(31, 7 * golden.outputs).map { 4 * $0 })
        let value = try golden.loss().value(of: outputs, targets: try golden.rows())
        #expect(abs(value.mean / golden.mean - 1) < 1e-12)
        #expect(value.gradient.shape == outputs.shape)
        #expect(distance(value.gradient.elements, golden.gradient) < 1e-7)
    }

    /// Far from zero nothing overflows.
    @Test func extremes() throws {
        let outputs = try Tensor(shape: [1, 4], elements: [-1e4, 1e4, -1e4, 1e4])
        let targets = Targets.labels(try Tensor(shape: [1, 4], elements: [0, 1, 1, 0]))
        for kind in ["binary_cross_entropy", "focal"] {
            var options = Options()
            let type = try #require(try Registry.learning().loss(kind))
            let loss = try type.init(options: &options, in: LossContext(targets: 4))
            let value = try loss.value(of: outputs, targets: targets)
            #expect(value.sum.isFinite && value.gradient.elements.allSatisfy(\.isFinite), "\(kind)")
            #expect(abs(value.gradient.elements[0]) < 1e-9 && value.gradient.elements[2] < 0, "\(kind)")
        }
    }

    @Test func whatIsNotLearnt() throws {
        let outputs = Tensor(shape: [2, 2])
        for (kind, targets, word) in [
            ("cross_entropy", Targets.values(outputs), "values"), ("mse", .classes([0, 1]), "classes"),
            ("huber", .labels(outputs), "labels"), ("binary_cross_entropy", .values(outputs), "values"),
        ] {
            var options = Options()
            let type = try #require(try Registry.learning().loss(kind))
            let loss = try type.init(options: &options, in: LossContext(targets: 2))
            let error = #expect(throws: GraftError.self) { try loss.value(of: outputs, targets: targets) }
            #expect(
                "\(try #require(error))"
                    == "train.loss: the loss '\(kind)' does not learn \(word); choose another, or leave the key out")
        }
    }

    /// One output for two classes learns the share of the second.
    @Test func mixedPicturesOfTwoClasses() throws {
        let outputs = try Tensor(shape: [2, 1], elements: [0.5, -1])
        let shares = Targets.probabilities(try Tensor(shape: [2, 2], elements: [0.25, 0.75, 1, 0]))
        let column = Targets.labels(try Tensor(shape: [2, 1], elements: [0.75, 0]))
        var options = Options()
        let loss = BinaryCrossEntropy(options: &options, in: LossContext(targets: 2))
        #expect(try loss.value(of: outputs, targets: shares).sum == loss.value(of: outputs, targets: column).sum)
        let wide = Targets.labels(Tensor(shape: [2, 2]))
        #expect(throws: GraftError.self) { try loss.value(of: outputs, targets: wide) }
    }

    @Test func rightAnswers() throws {
        let outputs = try Tensor(shape: [3, 2], elements: [1, -1, 1, 1, -2, -3])
        #expect(Targets.classes([0, 1, 0]).correct(outputs) == 2)
        #expect(Targets.labels(try Tensor(shape: [3, 2], elements: [1, 0, 1, 1, 0, 1])).correct(outputs) == 2)
        let shares = try Tensor(shape: [3, 2], elements: [0.6, 0.4, 0, 1, 1, 0])
        #expect(Targets.probabilities(shares).correct(outputs) == 2)
        #expect(Targets.values(outputs).correct(outputs) == nil)
    }
}
