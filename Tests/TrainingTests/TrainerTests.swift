import Foundation
import Heads
import Learning
import Objectives
import Testing
import Zoo

/// Whole runs on small made-up features.
@Suite struct TrainerTests {
    /// Three clouds of points in eight dimensions, a third of the images each.
    private func clouds(_ count: Int, salt: UInt32 = 1, spread: Float = 0.4) throws -> LabeledFeatures {
        let labels = (0..<count).map { $0 % 3 }
        var values = noise(salt, count * 8).map { $0 * spread }
        for (n, label) in labels.enumerated() { values[n * 8 + label] += 1 }
        return LabeledFeatures(features: try Tensor(shape: [count, 8], elements: values), labels: labels)
    }

    private let classes = ["pizza", "steak", "sushi"]

    private func settings(_ change: (inout TrainerSettings) -> Void = { _ in }) -> TrainerSettings {
        var settings = TrainerSettings()
        settings.optimizer.learningRate = 0.05
        change(&settings)
        return settings
    }

    private func linear() throws -> Graph {
        try vectorGraph(8) {
            Dropout(0.2)
            Dense(3)
        }
    }

    private func mlp() throws -> Graph {
        try vectorGraph(8) {
            Dense(6)
            Norm()
            Activation.relu
            Dense(3)
        }
    }

    private func message(_ body: () throws -> Void) -> String {
        do { try body() } catch { return "\(error)" }
        return "nothing was thrown"
    }

    @Test func learnsAndCounts() throws {
        var seen: [EpochRecord] = []
        let train = try clouds(100)
        let test = try clouds(30, salt: 2)
        let trained = try Trainer(linear(), classes: classes, settings: settings { $0.epochs = 10 })
            .train(train, test: test) { (record) throws(GraftError) in seen.append(record) }
        #expect(seen == trained.history && seen.map(\.epoch) == Array(1...10) && trained.bestEpoch == 10)
        #expect(seen.allSatisfy { $0.trainTotal == 100 && $0.testTotal == 30 && $0.learningRate == 0.05 })
        let last = try #require(seen.last)
        #expect(last.testCorrect == 30 && last.trainLoss < seen[0].trainLoss)
        let evaluation = try trained.evaluate(test)
        #expect(evaluation.correct == 30)
        #expect(abs(try #require(evaluation.loss) - #require(last.testLoss)) < 1e-12)
        #expect(trained.weights.names == ["1.weight", "1.bias"])
    }

    @Test func sameSeedSameBits() throws {
        func run(_ seed: UInt64, _ head: Graph) throws -> TrainedLayers {
            try Trainer(head, classes: classes, settings: settings { $0.seed = seed })
                .train(clouds(65), test: clouds(9, salt: 5))
        }
        for head in [try linear(), try mlp()] {
            let (first, second) = (try run(1, head), try run(1, head))
            #expect(first.weights == second.weights)
            #expect(first.history.map(\.trainLoss) == second.history.map(\.trainLoss))
            #expect(first.history.map(\.testLoss) == second.history.map(\.testLoss))
            #expect(try run(2, head).weights != first.weights)
        }
    }

    @Test func oneOutputForTwoClasses() throws {
        var data = try clouds(60)
        data.targets = .classes(try #require(data.targets.classIndices).map { min($0, 1) })
        let trained = try Trainer(
            vectorGraph(8) { Dense(1) }, classes: ["pizza", "rest"], settings: settings { $0.epochs = 40 }
        ).train(data)
        #expect(try trained.logits(of: data.features).shape == [60, 1])
        #expect(try trained.evaluate(data).correct == 60)
        #expect(trained.history.last?.testLoss == nil)
    }

    @Test func lastBatchOfOne() throws {
        func sizes(_ count: Int, _ size: Int, _ needsSeveral: Bool) -> [Int] {
            let order = Array((0..<count).reversed())
            let batches = BatchPlan(order: order, size: size, needsSeveral: needsSeveral).batches
            #expect(batches.flatMap { $0 } == order)
            return batches.map(\.count)
        }
        #expect(sizes(225, 32, false) == [32, 32, 32, 32, 32, 32, 32, 1])
        #expect(sizes(225, 32, true) == [32, 32, 32, 32, 32, 32, 33])
        #expect(sizes(226, 32, true) == [32, 32, 32, 32, 32, 32, 32, 2])
        #expect(sizes(64, 32, true) == [32, 32])
        #expect(sizes(20, 32, true) == [20])
        #expect(sizes(1, 32, true) == [1])
        #expect(sizes(3, 1, false) == [1, 1, 1])
        let trained = try Trainer(mlp(), classes: classes, settings: settings()).train(clouds(65))
        #expect(trained.history.allSatisfy { $0.trainTotal == 65 && $0.trainLoss.isFinite })
    }

    @Test func earlyStoppingKeepsTheBest() throws {
        // Test labels are shifted: the better the training fits, the worse the test loss.
        var test = try clouds(30, salt: 2)
        test.targets = .classes(try #require(test.targets.classIndices).map { ($0 + 1) % 3 })
        func run(_ epochs: Int, _ early: EarlyStopping?) throws -> TrainedLayers {
            try Trainer(
                linear(), classes: classes,
                settings: settings {
                    $0.epochs = epochs
                    $0.earlyStopping = early
                }
            ).train(clouds(90), test: test)
        }
        var early = EarlyStopping()
        early.patience = 3
        let stopped = try run(50, early)
        #expect(stopped.bestEpoch == 1 && stopped.history.count == 4)
        #expect(stopped.weights == (try run(1, nil)).weights)
        early.monitor = .trainLoss
        #expect(try run(6, early).bestEpoch == 6)
    }

    @Test func classWeightsMoveTheDecision() throws {
        // Clouds that overlap: a class that counts more is answered more often.
        func answers(_ weights: ClassWeights) throws -> Int {
            let data = try clouds(300, spread: 3)
            let trained = try Trainer(
                linear(), classes: classes,
                settings: settings {
                    $0.epochs = 20
                    $0.classWeights = weights
                }
            ).train(data)
            return try #require(try trained.evaluate(data).evaluation).confusion.reduce(0) { $0 + $1[2] }
        }
        let plain = try answers(.none)
        #expect(try answers(.balanced) == plain)
        #expect(try answers(.perClass(["sushi": 10])) > plain + 30)
        #expect(try answers(.perClass(["sushi": 0])) == 0)
    }

    @Test func balancedWeights() throws {
        // scikit-learn: compute_class_weight("balanced", classes=[0, 1], y=[0, 0, 0, 1]) = [2/3, 2]
        let weights = try #require(try ClassWeights.balanced.values(classes: ["a", "b"], counts: [3, 1]))
        #expect(abs(weights[0] - 2.0 / 3) < 1e-15 && weights[1] == 2)
        #expect(try ClassWeights.none.values(classes: ["a", "b"], counts: [3, 1]) == nil)
    }

    @Test func manyClasses() throws {
        let count = 100_000
        let features = try Tensor(shape: [4, 4], elements: noise(3, 16))
        let data = LabeledFeatures(features: features, labels: [0, 7, 99_999, 500])
        let trained = try Trainer(
            vectorGraph(4) { Dense(count) }, classes: (0..<count).map(String.init),
            settings: settings { $0.epochs = 30 }
        ).train(data)
        let evaluation = try #require(try trained.evaluate(data).evaluation)
        #expect(evaluation.correct == 4 && evaluation.confusion.isEmpty && evaluation.topFiveCorrect == 4)
    }

    @Test func divergence() throws {
        let huge = settings {
            $0.optimizer.rule = SGD()
            $0.optimizer.learningRate = 1e30
        }
        let found = message { _ = try Trainer(mlp(), classes: classes, settings: huge).train(clouds(90)) }
        #expect(
            found
                == "epoch 1, step 2 of 3: the loss is not a finite number: "
                + "found the first in layer '2'; lower train.optimizer.learning_rate (it is 1e+30), "
                + "or limit the gradients with train.gradient_clip: 1")
    }

    /// Numbers may stay finite and say nothing any more.
    @Test func explosion() throws {
        let large = settings {
            $0.optimizer.rule = SGD()
            $0.optimizer.learningRate = 1e8
        }
        let found = message {
            _ = try Trainer(vectorGraph(8) { Dense(3) }, classes: classes, settings: large).train(clouds(90))
        }
        #expect(
            found.hasPrefix("epoch 1: the loss has grown beyond all measure: expected below 10000, found ")
        )
        #expect(
            found.hasSuffix(
                "; lower train.optimizer.learning_rate (it is 100000000.0), "
                    + "or limit the gradients with train.gradient_clip: 1"))
    }

    @Test func refusals() throws {
        let data = try clouds(9)
        func trainer(_ change: (inout TrainerSettings) -> Void = { _ in }) throws -> Trainer {
            try Trainer(linear(), classes: classes, settings: settings(change))
        }
        #expect(
            message { _ = try trainer { $0.epochs = 0 } }
                == "train.epochs: wrong value: expected a whole number from 1 to 100000, found 0")
        #expect(
            message { _ = try trainer { $0.optimizer.learningRate = -1 } }
                == "train.optimizer.learning_rate: wrong value: expected a number above 0, found -1.0")
        #expect(
            message { _ = try Trainer(linear(), classes: ["pizza"], settings: settings()) }
                == "there is nothing to tell apart: expected at least 2 classes, found 1")
        #expect(
            message { _ = try Trainer(linear(), classes: ["a", "b"], settings: settings()) }
                == "the head does not answer one value a class: expected 2, found 3")
        #expect(
            message { _ = try Trainer(mlp(), classes: classes, settings: settings { $0.batchSize = 1 }) }
                == "train.batch_size: a head with batch norm cannot learn from one image at a time: "
                + "expected at least 2, found 1")
        #expect(
            message { _ = try Trainer(mlp(), classes: classes, settings: settings()).train(clouds(1)) }
                == "a head with batch norm cannot learn from a single image")
        #expect(message { _ = try trainer().train(clouds(0)) } == "there are no images to train with")
        var wrong = data
        var labels = try #require(data.targets.classIndices)
        labels[4] = 3
        wrong.targets = .classes(labels)
        #expect(
            message { _ = try trainer().train(wrong) }
                == "train image 4: a label is not the index of a class: expected 0 to 2, found 3")
        wrong = data
        wrong.features.withElements { $0[17] = .infinity }
        #expect(
            message { _ = try trainer().train(data, test: wrong) }
                == "test image 2: a feature is not a finite number: found inf; check the backbone's weights")
        wrong.features = Tensor(shape: [9, 7])
        #expect(
            message { _ = try trainer().train(wrong) }
                == "the train features do not fit the head: expected 9x8, found 9x7")
        #expect(
            message { _ = try trainer { $0.earlyStopping = EarlyStopping(monitor: .testLoss) }.train(data) }
                == "train.early_stopping.monitor: early stopping watches 'test_loss', but there are no test images; "
                + "give data.test, or watch train_loss")
        #expect(
            message { _ = try trainer { $0.classWeights = .perClass(["suhsi": 2]) }.train(data) }
                == "train.class_weights: unknown class 'suhsi'; did you mean 'sushi'?")
        #expect(
            message {
                _ = try trainer { $0.classWeights = .perClass(["pizza": 0, "steak": 0, "sushi": 0]) }.train(data)
            } == "train.class_weights: no class has a weight above 0; give at least one class a positive number")
        let stop = GraftError(.file, "the disk is full", file: "metrics.jsonl")
        #expect(
            message { _ = try trainer().train(data) { (_) throws(GraftError) in throw stop } }
                == "metrics.jsonl: the disk is full")
    }

    @Test func recordsAreSnakeCase() throws {
        let record = EpochRecord(
            epoch: 1, trainLoss: 0.5, trainCorrect: 3, trainTotal: 4, testLoss: 0.25, testCorrect: 1, testTotal: 2,
            learningRate: 0.001, seconds: 2)
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        let data = try encoder.encode(record)
        #expect(
            String(decoding: data, as: UTF8.self)
                == #"{"epoch":1,"learning_rate":0.001,"seconds":2,"test_correct":1,"test_loss":0.25,"test_total":2,"#
                + #""train_correct":3,"train_loss":0.5,"train_total":4}"#)
        #expect(try JSONDecoder().decode(EpochRecord.self, from: data) == record)
    }
}
