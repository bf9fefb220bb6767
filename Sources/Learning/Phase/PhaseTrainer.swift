package import Engine
import Objectives
package import Zoo

/// One phase at work: the layers after the cut, and all that steps depend on. It goes on from a `Snapshot` as if it had
/// never stopped.
package struct PhaseTrainer: Sendable {
    package private(set) var plan: TrainingPlan
    private var optimizer: Optimizer
    private var average: WeightAverage?
    package let phase: TrainingPhase
    private let settings: TrainerSettings
    /// Whether any batch norm takes its statistics from batches.
    private let usesBatchStatistics: Bool
    /// The phase's number where there are several, for messages.
    private let number: Int?

    /// - Parameters:
    ///   - graph: what follows the cut, or a whole model.
    ///   - weights: every tensor of the graph.
    ///   - frozen: names of tensors that stay.
    ///   - depths: how many stages a tensor is away from the head; 0 where it is not named.
    ///   - number: the phase's, from 1; nil where there is one only.
    ///   - ranks: processes that share every batch with this one, each with a trainer like this; nil for none.
    /// - Throws: `GraftError.invalidModel` for layers that cannot be trained or do not fit the classes; `invalidValue` for
    ///   settings out of range.
    package init(
        _ graph: Graph, weights: StateDict, frozen: Set<String> = [], depths: [String: Int] = [:], classes: [String],
        task: ModelTask = .classification, settings: TrainerSettings, phase: TrainingPhase, number: Int? = nil,
        threads: Int? = nil, ranks: (any Ranks)? = nil
    ) throws(GraftError) {
        try settings.check(path: "train")
        let count: Int
        do {
            count = try ThreadPool.count(threads)
            plan = try TrainingPlan(graph, weights: weights, seed: settings.seed, threads: count, ranks: ranks) {
                !frozen.contains($0.name)
            }
        } catch {
            throw GraftError(.invalidModel, error)
        }
        try Self.check(plan, classes: classes, task: task, settings: settings)
        usesBatchStatistics = graph.nodes.contains { node in
            node.operation.hasState
                && node.parameters.contains { $0.role.isLearnt && !frozen.contains($0.name) }
        }
        optimizer = Optimizer(settings.optimizer, for: plan, threads: count) { parameter in
            (0..<(depths[parameter.name] ?? 0)).reduce(1) { scale, _ in scale * phase.layerDecay }
        }
        average = settings.averageDecay.map { WeightAverage(decay: $0) }
        self.phase = phase
        self.settings = settings
        self.number = number
    }

    private static func check(
        _ plan: TrainingPlan, classes: [String], task: ModelTask, settings: TrainerSettings
    ) throws(GraftError) {
        guard classes.count >= (task == .classification ? 2 : 1) else {
            throw GraftError(
                .invalidData, "there is nothing to tell apart", expected: "at least 2 classes",
                found: "\(classes.count)")
        }
        let isBinary = task == .classification && plan.outputShape == [1] && classes.count == 2
        guard plan.outputShape == [classes.count] || isBinary else {
            throw GraftError(
                .invalidModel, "the head does not answer one value a \(task.outputNoun)", expected: "\(classes.count)",
                found: Tensor.describe(plan.outputShape))
        }
        guard !plan.needsSeveralSamples || settings.batchSize > 1 else {
            throw GraftError(
                .invalidValue, "a head with batch norm cannot learn from one image at a time",
                parameter: "train.batch_size", expected: "at least 2", found: "1")
        }
    }

    /// The loss for pictures of these targets.
    package static func loss(
        _ settings: TrainerSettings, classes: [String], targets: Targets
    ) throws(GraftError) -> any Loss {
        let context = LossContext(
            targets: classes.count,
            weights: try settings.classWeights.values(classes: classes, counts: targets.counts(classes.count)),
            labelSmoothing: settings.labelSmoothing)
        return try (settings.loss ?? LossSettings(for: targets)).loss(context)
    }

    // MARK: state

    /// All that the next epoch depends on beside the pictures and the settings.
    package struct Snapshot: Sendable {
        package var values: [[Float]]
        package var optimizer: Optimizer.State
        /// Empty where no average is kept.
        package var average: [[Float]]

        package init(values: [[Float]], optimizer: Optimizer.State, average: [[Float]]) {
            self.values = values
            self.optimizer = optimizer
            self.average = average
        }
    }

    /// The names of what the update rule remembers.
    package var buffers: [String] { optimizer.rule.buffers }

    package var snapshot: Snapshot {
        get { Snapshot(values: plan.values, optimizer: optimizer.state, average: average?.values ?? []) }
        set {
            plan.values = newValue.values
            optimizer.restore(newValue.optimizer)
            average = average.map { WeightAverage(decay: $0.decay, values: newValue.average) }
        }
    }

    /// What would be kept if the phase were over: the weights, or their average.
    package var keptValues: [[Float]] {
        guard let average, !average.values.isEmpty else { return plan.values }
        return average.values
    }

    /// `keptValues` by name.
    package var keptWeights: StateDict { plan.named(keptValues) }

    /// Makes the kept weights the plan's own.
    package mutating func keep(_ weights: StateDict) {
        plan.values = zip(plan.parameters, plan.values).map { weights[$0.name]?.elements ?? $1 }
    }

    // MARK: epochs

    /// How an epoch's pictures are divided.
    package func batches(_ epoch: Int, of train: any BatchSource) -> [[Int]] {
        let order = EpochOrder(settings.sampler, targets: train.targets, seed: settings.seed).order(epoch: epoch)
        return BatchPlan(order: order, size: settings.batchSize, needsSeveral: usesBatchStatistics).batches.map(
            Array.init)
    }

    /// Optimiser steps in an epoch of that many batches.
    package func steps(batches: Int) -> Int { (batches + settings.accumulate - 1) / settings.accumulate }

    /// Every training picture once.
    /// - Parameters:
    ///   - epoch: counted from 1 through all phases.
    ///   - interrupter: looked at before every step.
    package mutating func runEpoch(
        _ epoch: Int, of train: any BatchSource, loss: any Loss, interrupter: Interrupter = Interrupter()
    ) throws(GraftError) -> EpochRecord {
        guard !plan.needsSeveralSamples || train.count > 1 else {
            throw GraftError(.invalidData, "a head with batch norm cannot learn from a single image")
        }
        let batches = batches(epoch, of: train)
        let stepsPerEpoch = steps(batches: batches.count)
        var record = EpochRecord(
            epoch: epoch, phase: number ?? 1, trainLoss: 0, trainCorrect: nil, trainTotal: train.count, learningRate: 0,
            seconds: 0)
        var weight = 0.0
        var pass = try train.pass(batches, epoch: epoch, for: plan)
        var sum = GradientSum()
        var index = 0
        while let batch = try pass.next() {
            try interrupter.check()
            index += 1
            let moment = Moment(epoch: epoch, step: index, of: batches.count)
            record.learningRate = phase.schedule.learningRate(
                base: phase.learningRate, step: optimizer.steps, stepsPerEpoch: stepsPerEpoch, epochs: phase.epochs)
            let (value, correct) = try propagate(batch, loss: loss, moment)
            record.trainLoss += value.sum
            if let correct { record.trainCorrect = (record.trainCorrect ?? 0) + correct }
            weight += value.weight
            if settings.accumulate == 1 {
                try step(nil, rate: record.learningRate, moment)
            } else {
                sum.add(plan, weight: value.weight)
                guard index % settings.accumulate == 0 || index == batches.count else { continue }
                try step(sum.take(), rate: record.learningRate, moment)
            }
        }
        record.trainLoss = weight > 0 ? record.trainLoss / weight : 0
        guard record.trainLoss < Self.hopeless || isAnySize(train.targets) else {
            throw diverged(
                "the loss has grown beyond all measure", "epoch \(epoch)", expected: "below \(Int(Self.hopeless))",
                found: "\(Int(min(record.trainLoss, 1e15)))")
        }
        return record
    }

    /// Numbers to be learnt may be of any size, and their loss with them.
    private func isAnySize(_ targets: Targets) -> Bool { if case .values = targets { true } else { false } }

    /// A mean loss that no guess has: 1000 classes by chance have 7.
    private static let hopeless = 1e4

    /// When something happens, for messages.
    package struct Moment {
        package let epoch: Int
        package let step: Int
        package let of: Int

        package init(epoch: Int, step: Int, of: Int) {
            self.epoch = epoch
            self.step = step
            self.of = of
        }

        var text: String { "epoch \(epoch), step \(step) of \(of)" }
    }

    /// Forward and backward.
    package mutating func propagate(
        _ batch: TrainingBatch, loss: any Loss, _ moment: Moment
    ) throws(GraftError) -> (value: LossValue, correct: Int?) {
        let outputs: Tensor
        do {
            outputs = try plan.forward(batch.inputs, epoch: moment.epoch, samples: batch.samples)
        } catch {
            throw GraftError(.invalidModel, error)
        }
        let value = try loss.value(of: outputs, targets: batch.targets)
        guard value.gradient.shape == outputs.shape else {
            throw GraftError(
                .shapeMismatch, "the gradient of the loss '\(type(of: loss).kind)' has not the outputs' shape",
                expected: Tensor.describe(outputs.shape), found: Tensor.describe(value.gradient.shape))
        }
        do {
            if value.sum.isFinite { try plan.backward(value.gradient) }
        } catch {
            throw GraftError(.invalidModel, error)
        }
        guard value.sum.isFinite else {
            throw diverged(
                "the loss is not a finite number", moment.text,
                found: firstNonFiniteLayer(batch.inputs).map { "the first \($0)" })
        }
        return (value, batch.targets.correct(outputs))
    }

    /// One step of the optimiser.
    /// - Parameter gradients: in place of those of the last backward pass.
    package mutating func step(_ gradients: [[Float]]?, rate: Double, _ moment: Moment) throws(GraftError) {
        let norm = FloatSums.norm(gradients ?? plan.gradients)
        guard norm.isFinite else {
            let found = zip(plan.parameters, gradients ?? plan.gradients).first { !FloatSums.areFinite($0.1) }
            throw diverged(
                "a gradient is not a finite number", moment.text,
                found: found.map { "the first in that of '\($0.0.name)'" })
        }
        var scale: Float = 1
        if let limit = settings.gradientClip { scale = Float(min(1, limit / (norm + 1e-6))) }
        optimizer.step(&plan, learningRate: rate, gradients: gradients, scale: scale)
        if let name = firstNonFiniteWeight {
            throw diverged("a weight is not a finite number", moment.text, found: "the first in '\(name)'")
        }
        average?.update(plan.values)
    }

    /// The first weight or statistic that holds a value which is not finite.
    package var firstNonFiniteWeight: String? {
        zip(plan.parameters, plan.values).first { !FloatSums.areFinite($0.1) }?.0.name
    }

    /// Loss and count of pictures, with the weights that would be kept.
    /// - Parameters:
    ///   - epoch: the one that is over, for messages.
    ///   - each: told the outputs for every batch, `[N, outputs]`.
    package mutating func measure(
        _ source: any BatchSource, loss: any Loss, epoch: Int, each: ((TrainingBatch, Tensor) -> Void)? = nil
    ) throws(GraftError) -> Measured {
        let own = plan.values
        if average != nil { plan.values = keptValues }
        defer { if average != nil { plan.values = own } }
        var measured = Measured(total: source.count)
        var weight = 0.0
        var pass = try source.pass(inBatchesOf: settings.batchSize, isShared: plan.isShared)
        while let batch = try pass.next() {
            let outputs = try plan.logits(batch.inputs)
            let value = try loss.value(of: outputs, targets: batch.targets)
            guard value.sum.isFinite else {
                throw diverged(
                    "the test loss is not a finite number", "epoch \(epoch), after its last step",
                    found: firstNonFiniteOutput(batch.inputs).map { "the first \($0)" })
            }
            measured.loss += value.sum
            weight += value.weight
            if let correct = batch.targets.correct(outputs) { measured.correct = (measured.correct ?? 0) + correct }
            each?(batch, outputs)
        }
        measured.loss = weight > 0 ? measured.loss / weight : 0
        return measured
    }

    /// The layers as they are, measured as if that were an epoch.
    package func record(
        _ train: any BatchSource, test: (any BatchSource)?, loss: any Loss
    ) throws(GraftError) -> EpochRecord {
        var trainer = self
        let start = ContinuousClock.now
        let trained = try trainer.measure(train, loss: loss, epoch: 1)
        var record = EpochRecord(
            epoch: 1, trainLoss: trained.loss, trainCorrect: trained.correct, trainTotal: trained.total,
            learningRate: 0, seconds: 0)
        if let test { record.test(try trainer.measure(test, loss: loss, epoch: 1)) }
        record.seconds = (ContinuousClock.now - start) / .seconds(1)
        return record
    }

    private func diverged(
        _ message: String, _ place: String, expected: String? = nil, found: String?
    ) -> GraftError {
        let rate = number.map { "the learning rate of phase \($0)" } ?? "train.optimizer.learning_rate"
        let clip = settings.gradientClip == nil ? ", or limit the gradients with train.gradient_clip: 1" : ""
        return GraftError(
            .diverged, message, member: place, expected: expected, found: found,
            remedy: "lower \(rate) (it is \(phase.learningRate))\(clip)")
    }
}

extension TrainingPlan {
    /// The plan's passes with this module's error.
    package func logits(_ features: Tensor) throws(GraftError) -> Tensor {
        do { return try evaluate(features) } catch { throw GraftError(.invalidModel, error) }
    }

    /// Values in the order of `parameters`, as tensors.
    package func named(_ values: [[Float]]) -> StateDict {
        var result = StateDict()
        for (parameter, values) in zip(parameters, values) {
            var tensor = Tensor(shape: parameter.shape)
            tensor.withElements { $0 = values }
            result[parameter.name] = tensor
        }
        return result
    }
}
