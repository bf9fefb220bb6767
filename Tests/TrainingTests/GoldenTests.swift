import Engine
import Foundation
import Learning
import Objectives
import Testing
import Zoo

/// Loss, gradients, updates and schedules against PyTorch in double precision.
@Suite struct GoldenTests {
    /// The kernels' sigmoid and silu are right to 3e-7 each; everything else is as exact as float32 allows.
    private static let tolerance = 1e-6

    @Test("ten steps", arguments: try GoldenCase.load("steps.json"))
    func tenSteps(_ golden: GoldenCase) throws {
        let graph = try golden.graph()
        var options = Options(golden.train, path: "train")
        let settings = try TrainerSettings(options: &options)
        try options.finish()
        var plan = try TrainingPlan(graph, weights: golden.initialWeights(graph))
        var optimizer = Optimizer(settings.optimizer, for: plan)
        let isClasses = golden.targets == nil
        let loss = try PhaseTrainer.loss(
            settings, classes: Array(["a", "b", "c", "d"].prefix(isClasses ? golden.classCount : golden.outputs)),
            targets: isClasses ? .classes(Array(0..<golden.classCount)) : golden.targets(0))
        var last = Tensor(shape: [])
        for step in 0..<10 {
            let features = try golden.batch(step).features
            let value = try loss.value(of: try plan.forward(features), targets: golden.targets(step))
            #expect(abs(value.mean / golden.losses[step] - 1) < Self.tolerance, "loss of step \(step)")
            try plan.backward(value.gradient)
            if step == 0 {
                for (name, expected) in golden.gradients {
                    let found = try #require(plan.gradientDict[name])
                    #expect(distance(found.elements, expected) < Self.tolerance, "gradient of \(name)")
                }
                #expect(plan.gradientDict.count == golden.gradients.count)
            }
            optimizer.step(&plan, learningRate: settings.optimizer.learningRate)
            last = features
        }
        for (name, expected) in golden.weights {
            let found = try #require(plan.weights[name])
            #expect(distance(found.elements, expected) < Self.tolerance, "\(name) after ten steps")
        }
        #expect(plan.weights.count == golden.weights.count)
        #expect(distance(try plan.evaluate(last).elements, golden.logits) < Self.tolerance)
    }

    /// Accumulation, clipping and averages, as a run uses them: ten steps over shuffled pictures.
    @Test("epochs", arguments: try GoldenCase.load("epochs.json"))
    func epochs(_ golden: GoldenCase) throws {
        let graph = try golden.graph()
        var options = Options(golden.train, path: "train")
        let settings = try TrainerSettings(options: &options)
        try options.finish()
        func pictures(_ step: Int) throws -> LabeledFeatures {
            let (features, labels) = try golden.batch(step)
            return LabeledFeatures(features: features, labels: labels)
        }
        let trainer = try Trainer(
            graph, weights: golden.initialWeights(graph), classes: ["a", "b", "c"], settings: settings)
        let trained = try trainer.train(pictures(0), test: pictures(1))
        #expect(trained.history.count == golden.losses.count)
        for (record, expected) in zip(trained.history, golden.losses) {
            #expect(abs(record.trainLoss / expected - 1) < Self.tolerance, "loss of epoch \(record.epoch)")
        }
        let testLosses = try #require(golden.test_losses)
        #expect(testLosses.count == trained.history.count)
        for (record, expected) in zip(trained.history, testLosses) {
            let found = try #require(record.testLoss)
            #expect(abs(found / expected - 1) < Self.tolerance, "test loss of epoch \(record.epoch)")
        }
        #expect(trained.weights.count == golden.weights.count)
        for (name, expected) in golden.weights {
            let found = try #require(trained.weights[name])
            #expect(distance(found.elements, expected) < Self.tolerance, "\(name) after ten steps")
        }
        #expect(distance(try trained.logits(of: pictures(1).features).elements, golden.logits) < Self.tolerance)
    }

    @Test func wideHead() throws {
        let values = try golden("wide.f64").withUnsafeBytes { bytes in
            (0..<bytes.count / 8).map {
                Double(bitPattern: UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: $0 * 8, as: UInt64.self)))
            }
        }
        let wide = GoldenCase(
            name: "wide", inputs: 1280, outputs: 3, batch: 32, train: [:], losses: [], gradients: [:], weights: [:],
            logits: [])
        let graph = try wide.graph()
        var plan = try TrainingPlan(graph, weights: wide.initialWeights(graph))
        var optimizer = Optimizer(OptimizerSettings(), for: plan)
        let loss = CrossEntropy(LossContext(targets: 3))
        for step in 0..<10 {
            let (features, labels) = try wide.batch(step)
            let value = try loss.value(of: try plan.forward(features), targets: .classes(labels))
            #expect(abs(value.mean / values[step] - 1) < 5e-7, "loss of step \(step)")
            try plan.backward(value.gradient)
            if step == 0 {
                #expect(distance(plan.gradients[0], Array(values[10..<3850])) < 5e-7)
                #expect(distance(plan.gradients[1], Array(values[3850..<3853])) < 5e-7)
            }
            optimizer.step(&plan, learningRate: 0.001)
        }
        #expect(distance(plan.values[0], Array(values[3853..<7693])) < 5e-7)
        #expect(distance(plan.values[1], Array(values[7693..<7696])) < 5e-7)
        #expect(values.count == 7696)
    }

    @Test func schedules() throws {
        struct Golden: Decodable {
            var schedule: [String: OptionValue]
            var epochs: Int
            var steps_per_epoch: Int
            var rates: [Double]
        }
        for golden in try JSONDecoder().decode([Golden].self, from: golden("schedules.json")) {
            var options = Options(
                [
                    "epochs": .number(Double(golden.epochs)), "schedule": .map(golden.schedule),
                    "optimizer": .map(["learning_rate": .number(0.1)]),
                ], path: "train")
            let schedule = try TrainerSettings(options: &options).schedule
            #expect(golden.rates.count == golden.epochs * golden.steps_per_epoch)
            for (step, expected) in golden.rates.enumerated() {
                let found = schedule.learningRate(
                    base: 0.1, step: step, stepsPerEpoch: golden.steps_per_epoch, epochs: golden.epochs)
                #expect(abs(found - expected) < 1e-12, "\(golden.schedule), step \(step)")
            }
        }
    }
}
