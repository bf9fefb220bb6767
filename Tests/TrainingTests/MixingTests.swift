import Foundation
import Learning
import Objectives
import TestSupport
import Testing
import Zoo

private func cases<Case: Decodable>(_ name: String, _ type: Case.Type) throws -> [Case] {
    try JSONDecoder().decode(
        [Case].self, from: Data(contentsOf: URL(fileURLWithPath: Fixtures.path("mixing/\(name).json"))))
}

@Suite struct MixingTests {
    struct Golden: Decodable {
        var kind: String
        var share: Double
        var row: Int?
        var column: Int?
        var images: [Float]
        var targets: [Float]
    }

    private let labels = [2, 0, 0, 1, 2]

    private func images() throws -> Tensor { try Tensor(shape: [5, 6, 4, 3], elements: noise(1, 360)) }

    /// To the bit.
    @Test func batchesAreTorchvisions() throws {
        let goldens = try cases("mixing", Golden.self)
        #expect(goldens.count == 9)
        for golden in goldens {
            let mixture: Mixture =
                if let row = golden.row, let column = golden.column {
                    .patch(share: golden.share, row: row, column: column, height: 6, width: 4)
                } else {
                    .blend(share: golden.share)
                }
            var batch = try images()
            mixture.apply(to: &batch)
            #expect(batch.elements == golden.images, "\(mixture)")
            #expect(mixture.targets(.classes(labels), classCount: 3).rows?.elements == golden.targets, "\(mixture)")
        }
    }

    @Test func aBatchIsMixedAsDrawn() throws {
        var mixing = Mixing()
        (mixing.mixup, mixing.cutmix) = (0.2, 1)
        for step in 0..<20 {
            let mixture = try #require(mixing.draw(height: 6, width: 4, seed: 1, epoch: 2, step: step))
            var expected = try images()
            mixture.apply(to: &expected)
            var batch = try images()
            let targets = mixing(&batch, targets: .classes(labels), classCount: 3, seed: 1, epoch: 2, step: step)
            #expect(batch == expected)
            #expect(targets == mixture.targets(.classes(labels), classCount: 3))
        }
    }

    @Test func withoutMixingLabelsStayLabels() throws {
        var batch = try images()
        let targets = Mixing()(&batch, targets: .classes(labels), classCount: 3, seed: 1, epoch: 2, step: 3)
        #expect(batch == (try images()))
        #expect(targets.rows?.elements == [0, 0, 1, 1, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1])
    }

    @Test func anImageAloneStaysItself() throws {
        let one = try Tensor(shape: [1, 6, 4, 3], elements: noise(1, 72))
        var batch = one
        var mixing = Mixing()
        mixing.mixup = 1
        let targets = mixing(&batch, targets: .classes([1]), classCount: 2, seed: 1, epoch: 1, step: 0)
        #expect(batch == one)
        #expect(abs((targets.rows?.elements[1] ?? 0) - 1) < 1e-6)
    }

    /// Mean 1/2 and variance 1 / (8 alpha + 4), and the deciles of Beta(0.2, 0.2), Beta(1, 1), Beta(3, 3).
    @Test(arguments: [
        (0.2, 0.00024776), (1, 0.1), (3, 0.2466), (1e-4, 0),
    ])
    func sharesAreBetaDistributed(_ alpha: Double, _ firstDecile: Double) {
        let shares = (0..<40_000).map { BatchDraws(seed: 3, epoch: $0 / 200, step: $0 % 200).beta(alpha) }
        #expect(shares.allSatisfy { (0...1).contains($0) })
        let mean = shares.reduce(0, +) / 40_000
        #expect(abs(mean - 0.5) < 0.012)
        let variance = shares.reduce(0) { $0 + ($1 - 0.5) * ($1 - 0.5) } / 40_000
        #expect(abs(variance - 1 / (8 * alpha + 4)) < 0.003)
        #expect(abs(Double(shares.count { $0 <= firstDecile }) / 40_000 - 0.1) < 0.007 || alpha < 0.01)
    }

    @Test func bothKindsAreEquallyLikely() {
        var mixing = Mixing()
        (mixing.mixup, mixing.cutmix) = (0.5, 0.5)
        let draws = (0..<4000).compactMap { mixing.draw(height: 8, width: 8, seed: 1, epoch: 1, step: $0) }
        let blends = draws.count { if case .blend = $0 { true } else { false } }
        #expect(abs(Double(blends) / 4000 - 0.5) < 0.03)
        mixing.mixup = 0
        #expect(
            (0..<100).allSatisfy { step in
                if case .patch? = mixing.draw(height: 8, width: 8, seed: 1, epoch: 1, step: step) {
                    true
                } else {
                    false
                }
            })
        (mixing.mixup, mixing.cutmix) = (0.5, 0)
        #expect(
            (0..<100).allSatisfy { step in
                if case .blend? = mixing.draw(height: 8, width: 8, seed: 1, epoch: 1, step: step) {
                    true
                } else {
                    false
                }
            })
    }

    @Test func seedEpochAndStepDecide() {
        var mixing = Mixing()
        mixing.mixup = 1
        let draws = [(1, 1, 1), (2, 1, 1), (1, 2, 1), (1, 1, 2)].map {
            mixing.draw(height: 8, width: 8, seed: UInt64($0.0), epoch: $0.1, step: $0.2)
        }
        #expect(Set(draws).count == 4)
        #expect(draws[0] == mixing.draw(height: 8, width: 8, seed: 1, epoch: 1, step: 1))
    }

    @Test func options() throws {
        var options = Options(["mixup": .number(0.2), "cutmix": .number(1)], path: "train")
        let mixing = try TrainerSettings(options: &options).mixing
        try options.finish()
        #expect((mixing.mixup, mixing.cutmix) == (0.2, 1))
        var none = Options(path: "train")
        #expect(try TrainerSettings(options: &none).mixing.isEmpty)
        var wrong = Options(["mixup": .string("yes")], path: "train")
        #expect(
            #expect(throws: GraftError.self) { try TrainerSettings(options: &wrong) }?.description
                == "train.mixup: wrong value: expected a number, found yes")
    }
}

/// Cross-entropy with probabilities against PyTorch in double precision.
@Suite struct SoftTargetTests {
    struct Golden: Decodable {
        var classes: Int
        var outputs: Int
        var smoothing: Double?
        var weights: [Double]?
        var targets: [Float]
        var mean: Double
        var gradient: [Double]
        var correct: Int
    }

    @Test func lossesAreTorchs() throws {
        let goldens = try cases("losses", Golden.self)
        #expect(goldens.count == 12)
        for golden in goldens {
            let loss = CrossEntropy(
                LossContext(
                    targets: golden.classes, weights: golden.weights, labelSmoothing: golden.smoothing ?? 0))
            let logits = try Tensor(
                shape: [6, golden.outputs], elements: noise(11, 6 * golden.outputs).map { 4 * $0 })
            let targets = Targets.probabilities(try Tensor(shape: [6, golden.classes], elements: golden.targets))
            let value = try loss.value(of: logits, targets: targets)
            #expect(abs(value.mean / golden.mean - 1) < 1e-12)
            #expect(distance(value.gradient.elements, golden.gradient) < 1e-7)
            #expect(targets.correct(logits) == golden.correct)
            #expect(value.weight == 6)
        }
    }

    /// Certain targets are labels.
    @Test func certainTargets() throws {
        let logits = try Tensor(shape: [5, 3], elements: noise(4, 15))
        let labels = [2, 0, 0, 1, 2]
        let loss = CrossEntropy(LossContext(targets: 3, labelSmoothing: 0.1))
        let targets = Mixture.blend(share: 1).targets(.classes(labels), classCount: 3)
        let hard = try loss.value(of: logits, targets: .classes(labels))
        let soft = try loss.value(of: logits, targets: targets)
        #expect(abs(hard.mean - soft.mean) < 1e-12)
        #expect(distance(soft.gradient.elements, hard.gradient.elements.map(Double.init)) < 1e-6)
        #expect(Targets.classes(labels).correct(logits) == targets.correct(logits))
    }
}
