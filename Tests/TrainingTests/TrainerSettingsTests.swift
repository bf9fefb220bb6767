import Learning
import Objectives
import Testing
import Zoo

/// What a configuration may say under `train`, and what it is told otherwise.
@Suite struct TrainerSettingsTests {
    private func read(_ values: [String: OptionValue]) throws -> TrainerSettings {
        var options = Options(values, path: "train")
        let settings = try TrainerSettings(options: &options)
        try options.finish()
        return settings
    }

    private func message(_ values: [String: OptionValue]) -> String {
        do { return "read: \(try read(values))" } catch { return "\(error)" }
    }

    @Test func defaults() throws {
        let settings = try read([:])
        #expect(settings == TrainerSettings())
        #expect(settings.epochs == 5 && settings.batchSize == 32 && settings.seed == 42)
        let adam = try #require(settings.optimizer.rule as? Adam)
        #expect(settings.optimizer.learningRate == 0.001 && settings.loss == nil)
        #expect(adam.beta1 == 0.9 && adam.beta2 == 0.999 && adam.epsilon == 1e-8 && adam.weightDecay == 0)
        #expect(settings.earlyStopping == nil && settings.classWeights == .none && settings.labelSmoothing == 0)
        let sgd = try read(["optimizer": .map(["kind": .string("sgd")])]).optimizer
        #expect(
            sgd.learningRate == 0.01
                && sgd.rule.options == ["momentum": .number(0.9), "nesterov": .bool(false), "weight_decay": .number(0)])
        for (kind, rate, decay) in [
            ("adamw", 0.001, 0.01), ("rmsprop", 0.01, 0), ("lion", 0.0001, 0), ("lamb", 0.001, 0.01),
        ] {
            let read = try read(["optimizer": .map(["kind": .string(kind)])]).optimizer
            #expect(read.learningRate == rate && read.rule.options["weight_decay"] == .number(decay), "\(kind)")
        }
    }

    @Test func everyKey() throws {
        let settings = try read([
            "epochs": .number(7), "batch_size": .number(16), "label_smoothing": .number(0.1), "seed": .number(3),
            "optimizer": .map([
                "kind": .string("adamw"), "learning_rate": .number(0.01), "weight_decay": .number(0.2),
                "betas": .list([.number(0.8), .number(0.9)]), "epsilon": .number(1e-6),
            ]),
            "schedule": .map([
                "kind": .string("step"), "warmup_epochs": .number(0.5), "step_size": .number(3), "gamma": .number(0.2),
            ]),
            "class_weights": .map(["a": .number(2)]),
            "early_stopping": .map([
                "patience": .number(4), "minimum_delta": .number(0.01), "monitor": .string("test_accuracy"),
            ]),
        ])
        var expected = TrainerSettings()
        expected.epochs = 7
        expected.batchSize = 16
        expected.labelSmoothing = 0.1
        expected.seed = 3
        var rule = AdamW()
        rule.adam.weightDecay = 0.2
        rule.adam.beta1 = 0.8
        rule.adam.beta2 = 0.9
        rule.adam.epsilon = 1e-6
        expected.optimizer.rule = rule
        expected.optimizer.learningRate = 0.01
        expected.schedule.kind = .step
        expected.schedule.warmupEpochs = 0.5
        expected.schedule.stepSize = 3
        expected.schedule.gamma = 0.2
        expected.classWeights = .perClass(["a": 2])
        expected.earlyStopping = EarlyStopping(patience: 4, minimumDelta: 0.01, monitor: .testAccuracy)
        #expect(settings == expected)
        #expect(try read(["class_weights": .string("balanced")]).classWeights == .balanced)
        #expect(try read(["class_weights": .string("none")]).classWeights == .none)
        #expect(try read(["early_stopping": .map([:])]).earlyStopping == EarlyStopping())
        #expect(try read(["early_stopping": .bool(false)]).earlyStopping == nil)
        let nesterov = try read([
            "optimizer": .map(["kind": .string("sgd"), "momentum": .number(0.5), "nesterov": .bool(true)])
        ]).optimizer
        let sgd = try #require(nesterov.rule as? SGD)
        #expect(sgd.momentum == 0.5 && sgd.nesterov)
        #expect(try read(["loss": .string("focal")]).loss == LossSettings(FocalLoss.self))
        #expect(
            try read(["loss": .map(["kind": .string("huber"), "delta": .number(2)])]).loss
                == LossSettings(HuberLoss.self, options: ["delta": .number(2)]))
        let cosine = try read(["schedule": .map(["kind": .string("cosine"), "minimum": .number(0.0001)])]).schedule
        #expect(cosine.kind == .cosine && cosine.minimum == 0.0001)
    }

    @Test func refusals() {
        #expect(
            message(["epochs": .number(0)])
                == "train.epochs: wrong value: expected a whole number from 1 to 100000, found 0")
        #expect(
            message(["batch_size": .number(-1)])
                == "train.batch_size: wrong value: expected a whole number from 1 to 1000000, found -1")
        #expect(
            message(["optimizer": .map(["learning_rate": .number(-0.1)])])
                == "train.optimizer.learning_rate: wrong value: expected a number above 0, at most 1000, found -0.1")
        #expect(
            message(["optimizer": .map(["learning_rate": .string("fast")])])
                == "train.optimizer.learning_rate: wrong value: expected a number, found fast")
        #expect(
            message(["optimizer": .map(["kind": .string("adan")])])
                == "train.optimizer.kind: unknown value 'adan'; did you mean 'adam'?")
        #expect(
            message(["optimizer": .map(["momentun": .number(0.9), "kind": .string("sgd")])])
                == "unknown key 'train.optimizer.momentun'; did you mean 'train.optimizer.momentum'?")
        #expect(
            message(["optimizer": .map(["betas": .list([.number(1), .number(0.9)])])])
                == "train.optimizer.betas: wrong value: expected two numbers from 0 to below 1, found [1, 0.9]")
        #expect(
            message(["optimizer": .map(["kind": .string("sgd"), "momentum": .number(0), "nesterov": .bool(true)])])
                == "train.optimizer.nesterov: Nesterov's step needs momentum; set train.optimizer.momentum above 0")
        #expect(
            message(["loss": .string("focall")]) == "train.loss.kind: unknown value 'focall'; did you mean 'focal'?")
        #expect(
            message(["loss": .map(["kind": .string("huber"), "delte": .number(2)])])
                == "unknown key 'train.loss.delte'; did you mean 'train.loss.delta'?")
        #expect(
            message(["loss": .map(["delta": .number(2)])])
                == "train.loss.kind: missing: expected cross_entropy, binary_cross_entropy, focal, mse, huber")
        #expect(
            message(["schedule": .map(["warmup_epochs": .number(6)])])
                == "train.schedule.warmup_epochs: wrong value: expected a number from 0 to 5, found 6")
        #expect(
            message(["schedule": .map(["kind": .string("cosine"), "minimum": .number(1)])])
                == "train.schedule.minimum: wrong value: expected a number from 0 to 0.001, found 1")
        #expect(
            message(["label_smoothing": .number(1)])
                == "train.label_smoothing: wrong value: expected a number from 0 to 0.999, found 1")
        #expect(
            message(["class_weights": .string("balance")])
                == "train.class_weights: wrong value: expected none, balanced or a map of class names to numbers, "
                + "found balance")
        #expect(
            message(["class_weights": .map(["a": .number(-1)])])
                == "train.class_weights.a: wrong value: expected a number from 0 to 1000000, found -1")
        #expect(
            message(["early_stopping": .number(3)])
                == "train.early_stopping: wrong value: expected false, or a map with patience, minimum_delta and monitor, found 3"
        )
        #expect(message(["epoch": .number(3)]) == "unknown key 'train.epoch'; did you mean 'train.epochs'?")
    }
}
