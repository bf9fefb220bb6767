import Engine
import Learning
import Objectives
import Runs
import Testing
import Weights
import Zoo

/// What stands between gradients and weights: accumulation, clipping, averages, rates by depth.
@Suite struct StepTests {
    private let classes = ["a", "b", "c"]

    private func data(_ count: Int) throws -> LabeledFeatures {
        let labels = (0..<count).map { ($0 * $0) % 3 }
        return LabeledFeatures(features: try Tensor(shape: [count, 6], elements: noise(4, count * 6)), labels: labels)
    }

    private func weights(
        _ count: Int = 21, _ change: (inout TrainerSettings) -> Void
    ) throws -> StateDict {
        var settings = TrainerSettings()
        settings.optimizer.rule = SGD()
        settings.optimizer.learningRate = 0.5
        settings.epochs = 1
        settings.batchSize = 100
        change(&settings)
        let graph = try vectorGraph(6) {
            Dense(5)
            Activation.silu
            Dense(3)
        }
        return try Trainer(graph, classes: classes, settings: settings).train(data(count)).weights
    }

    private func distance(_ first: StateDict, _ second: StateDict) -> Double {
        first.names.reduce(0.0) { sum, name in
            let (a, b) = (first[name]?.elements ?? [], second[name]?.elements ?? [])
            return sum + zip(a, b).reduce(0.0) { $0 + Double($1.0 - $1.1) * Double($1.0 - $1.1) }
        }.squareRoot()
    }

    @Test(arguments: [ClassWeights.none, .perClass(["a": 3, "b": 0.2])])
    func accumulatedBatchesAreOneBatch(_ classWeights: ClassWeights) throws {
        func run(_ size: Int, _ accumulate: Int) throws -> StateDict {
            try weights {
                $0.batchSize = size
                $0.accumulate = accumulate
                $0.classWeights = classWeights
                $0.epochs = 4
            }
        }
        // 21 pictures: 8, 8 and 5; or 12 and 9 as 4, 4, 4 and 4, 4, 1.
        #expect(distance(try run(8, 3), try run(21, 1)) < 1e-6)
        #expect(distance(try run(4, 3), try run(12, 1)) < 1e-6)
        #expect(distance(try run(4, 3), try run(21, 1)) > 1e-2)
    }

    @Test func clippingLimitsTheStep() throws {
        let start = try weights { $0.optimizer.learningRate = 1e-30 }
        let free = try weights { $0.gradientClip = 1000 }
        #expect(free == (try weights { _ in }))
        // torch: the gradients times limit / (norm + 1e-6) where that is below 1; the step is half of them.
        let norm = 2 * distance(free, start)
        let limit = norm / 3
        let clipped = try weights { $0.gradientClip = limit }
        #expect(abs(distance(clipped, start) - 0.5 * norm * limit / (norm + 1e-6)) < 1e-6)
        // The direction stays.
        #expect(abs(distance(clipped, free) - 0.5 * (norm - limit)) < 1e-5)
    }

    @Test func theAverageIsKept() throws {
        // One step an epoch.
        let steps = try (1...3).map { count in try weights { $0.epochs = count } }
        let averaged = try weights {
            $0.epochs = 3
            $0.averageDecay = 0.75
        }
        for name in averaged.names {
            let values = steps.map { $0[name]?.elements ?? [] }
            for (index, value) in (averaged[name]?.elements ?? []).enumerated() {
                let second = 0.75 * values[0][index] + 0.25 * values[1][index]
                #expect(abs(value - (0.75 * second + 0.25 * values[2][index])) < 1e-6)
            }
        }
    }

    @Test func theAverageIsTestedAndHoldsStatistics() throws {
        let graph = try vectorGraph(6) {
            Norm(momentum: 0.5)
            Dense(3)
        }
        func run(_ epochs: Int, _ decay: Double?) throws -> TrainedLayers {
            var settings = TrainerSettings()
            settings.batchSize = 100
            settings.epochs = epochs
            settings.averageDecay = decay
            return try Trainer(graph, classes: classes, settings: settings).train(data(30), test: data(20))
        }
        let steps = try (1...2).map { try run($0, nil).weights["0.running_mean"]?.elements ?? [] }
        let averaged = try run(2, 0.5)
        let mean = averaged.weights["0.running_mean"]?.elements ?? []
        for index in 0..<6 { #expect(abs(mean[index] - 0.5 * (steps[0][index] + steps[1][index])) < 1e-7) }
        let loss = try #require(try averaged.evaluate(data(20)).loss)
        #expect(abs(loss - (averaged.history.last?.testLoss ?? 0)) < 1e-9)
        #expect(averaged.history.last?.testLoss != (try run(2, nil).history.last?.testLoss))
    }

    @Test func ratesFallTowardsTheImage() throws {
        let staged = try StagedData()
        func step(_ decay: Double) throws -> StateDict {
            let result = try staged.run([
                "freeze": .string("none"), "epochs": .number(1), "batch_size": .number(24),
                "layer_decay": .number(decay), "batch_norm": .string("frozen"),
                "optimizer": .map(["kind": .string("sgd"), "momentum": .number(0)]),
            ])
            return try WeightFile(path: result.model).load()
        }
        let base = try staged.base()
        let (even, falling) = (try step(1), try step(0.5))
        for (name, scale) in [("classifier.weight", 1.0), ("deep.0.weight", 0.5), ("wide.0.weight", 0.25)] {
            let start = try #require(base[name]), moved = try #require(even[name]), less = try #require(falling[name])
            for index in start.elements.indices {
                let full = Double(moved.elements[index] - start.elements[index])
                #expect(abs(Double(less.elements[index] - start.elements[index]) - scale * full) < 1e-7)
            }
            #expect(start != moved)
        }
    }
}
