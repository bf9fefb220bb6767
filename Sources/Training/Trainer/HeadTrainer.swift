import Engine
public import Zoo

/// Trains a head on features that were computed once.
///
/// One seed decides the new weights, the order of images in each epoch and dropout; the result is the same bit for bit on
/// every run.
public struct HeadTrainer: Sendable {
    private let plan: TrainingPlan
    private let classes: [String]
    private let settings: TrainerSettings

    /// - Parameters:
    ///   - head: the part of a model's graph after `Model.pooledStage`, from `[N, features]` to one logit a class, or to
    ///     one logit for two classes.
    ///   - weights: what the head starts from; tensors that are not there are made by `Initializer`.
    ///   - classes: the names, in the order of the labels.
    /// - Throws: `TrainingError.invalidModel` for a head that cannot be trained or does not fit the classes;
    ///   `invalidValue` for settings out of range.
    public init(
        head: Graph, weights: StateDict = StateDict(), classes: [String], settings: TrainerSettings
    ) throws(TrainingError) {
        try settings.check()
        do {
            plan = try TrainingPlan(
                head, weights: Initializer(seed: settings.seed).fill(head, from: weights), seed: settings.seed)
        } catch {
            throw TrainingError(.invalidModel, error)
        }
        guard classes.count >= 2 else {
            throw TrainingError(
                .invalidData, "there is nothing to tell apart", expected: "at least 2 classes",
                found: "\(classes.count)")
        }
        guard plan.outputShape == [classes.count] || plan.outputShape == [1] && classes.count == 2 else {
            throw TrainingError(
                .invalidModel, "the head does not answer one value a class", expected: "\(classes.count)",
                found: Tensor.describe(plan.outputShape))
        }
        guard !plan.needsSeveralSamples || settings.batchSize > 1 else {
            throw TrainingError(
                .invalidValue, "a head with batch norm cannot learn from one image at a time",
                parameter: "train.batch_size", expected: "at least 2", found: "1")
        }
        self.classes = classes
        self.settings = settings
    }

    /// - Parameters:
    ///   - test: images that are only counted, after every epoch.
    ///   - onEpoch: called after every epoch; an error it throws ends the training.
    /// - Throws: `TrainingError.invalidData`, or `diverged` with the epoch and step where the loss stopped being a number.
    public func train(
        _ train: LabeledFeatures, test: LabeledFeatures? = nil,
        onEpoch: (EpochRecord) throws(TrainingError) -> Void = { _ in }
    ) throws(TrainingError) -> TrainedHead {
        let shape = plan.graph.inputShape
        try train.check("train", shape: shape, classCount: classes.count)
        try test?.check("test", shape: shape, classCount: classes.count)
        guard !plan.needsSeveralSamples || train.count > 1 else {
            throw TrainingError(.invalidData, "a head with batch norm cannot learn from a single image")
        }
        var counts = [Int](repeating: 0, count: classes.count)
        for label in train.labels { counts[label] += 1 }
        let loss = CrossEntropy(
            classCount: classes.count, labelSmoothing: settings.labelSmoothing,
            classWeights: try settings.classWeights.values(classes: classes, counts: counts))
        var stopping: EarlyStoppingState?
        if let early = settings.earlyStopping { stopping = try EarlyStoppingState(early, hasTest: test != nil) }

        var plan = plan
        var optimizer = Optimizer(settings.optimizer, for: plan)
        var best = (epoch: 0, plan: plan)
        var history: [EpochRecord] = []
        for epoch in 1...settings.epochs {
            let start = ContinuousClock.now
            var record = try runEpoch(epoch, of: train, loss: loss, plan: &plan, optimizer: &optimizer)
            if let test { try measure(test, loss: loss, plan: plan, into: &record) }
            record.seconds = (ContinuousClock.now - start) / .seconds(1)
            history.append(record)
            try onEpoch(record)
            let verdict = stopping?.record(record) ?? (isBest: true, stops: false)
            if verdict.isBest { best = (epoch, plan) }
            if verdict.stops { break }
        }
        return TrainedHead(plan: best.plan, classes: classes, history: history, bestEpoch: best.epoch)
    }

    /// Takes the head as it is, and measures it as if that were an epoch.
    /// - Parameters:
    ///   - test: images that are only counted.
    ///   - onEpoch: called once; an error it throws ends the run.
    /// - Throws: `TrainingError.invalidData` for features that do not fit.
    func measure(
        _ train: LabeledFeatures, test: LabeledFeatures? = nil,
        onEpoch: (EpochRecord) throws(TrainingError) -> Void = { _ in }
    ) throws(TrainingError) -> TrainedHead {
        let shape = plan.graph.inputShape
        try train.check("train", shape: shape, classCount: classes.count)
        try test?.check("test", shape: shape, classCount: classes.count)
        let start = ContinuousClock.now
        let loss = CrossEntropy(classCount: classes.count)
        var record = EpochRecord(
            epoch: 1, trainLoss: 0, trainCorrect: 0, trainTotal: train.count, learningRate: 0, seconds: 0)
        try measure(train, loss: loss, plan: plan, into: &record)
        record.trainLoss = record.testLoss ?? 0
        record.trainCorrect = record.testCorrect ?? 0
        (record.testLoss, record.testCorrect, record.testTotal) = (nil, nil, nil)
        if let test { try measure(test, loss: loss, plan: plan, into: &record) }
        record.seconds = (ContinuousClock.now - start) / .seconds(1)
        try onEpoch(record)
        return TrainedHead(plan: plan, classes: classes, history: [record], bestEpoch: 1)
    }

    private func runEpoch(
        _ epoch: Int, of train: LabeledFeatures, loss: CrossEntropy, plan: inout TrainingPlan,
        optimizer: inout Optimizer
    ) throws(TrainingError) -> EpochRecord {
        let order = CounterRandom(seed: settings.seed, purpose: .order).permutation(count: train.count, round: epoch)
        let batches = BatchPlan(
            order: order, size: settings.batchSize, needsSeveral: plan.needsSeveralSamples
        ).batches
        var record = EpochRecord(
            epoch: epoch, trainLoss: 0, trainCorrect: 0, trainTotal: train.count, learningRate: 0, seconds: 0)
        var weight = 0.0
        for (index, batch) in batches.enumerated() {
            let labels = batch.map { train.labels[$0] }
            record.learningRate = settings.schedule.learningRate(
                base: settings.optimizer.learningRate, step: optimizer.steps, stepsPerEpoch: batches.count,
                epochs: settings.epochs)
            let logits = try plan.trainingLogits(train.rows(batch), epoch: epoch, samples: Array(batch))
            let value = loss(logits, labels: labels)
            guard value.sum.isFinite else {
                throw diverged(
                    "the loss is not a finite number", "epoch \(epoch), step \(index + 1) of \(batches.count)")
            }
            record.trainLoss += value.sum
            record.trainCorrect += value.correct
            weight += value.weight
            try plan.propagate(value.gradient)
            optimizer.step(&plan, learningRate: record.learningRate)
        }
        if let parameter = plan.firstNonFiniteParameter {
            throw diverged("a weight is not a finite number", "epoch \(epoch): \(parameter.name)")
        }
        record.trainLoss = weight > 0 ? record.trainLoss / weight : 0
        return record
    }

    private func measure(
        _ test: LabeledFeatures, loss: CrossEntropy, plan: TrainingPlan, into record: inout EpochRecord
    ) throws(TrainingError) {
        var (sum, weight, correct) = (0.0, 0.0, 0)
        for start in stride(from: 0, to: test.count, by: settings.batchSize) {
            let rows = start..<min(test.count, start + settings.batchSize)
            let value = loss(try plan.logits(test.rows(rows)), labels: Array(test.labels[rows]))
            sum += value.sum
            weight += value.weight
            correct += value.correct
        }
        guard sum.isFinite else {
            throw diverged("the test loss is not a finite number", "epoch \(record.epoch)")
        }
        record.testLoss = weight > 0 ? sum / weight : 0
        record.testCorrect = correct
        record.testTotal = test.count
    }

    private func diverged(_ message: String, _ place: String) -> TrainingError {
        TrainingError(
            .diverged, message, member: place,
            remedy: "lower train.optimizer.learning_rate (it is \(settings.optimizer.learningRate))")
    }
}

/// The plan's passes with this module's error.
extension TrainingPlan {
    func logits(_ features: Tensor) throws(TrainingError) -> Tensor {
        do { return try evaluate(features) } catch { throw TrainingError(.invalidModel, error) }
    }

    fileprivate mutating func trainingLogits(
        _ features: Tensor, epoch: Int, samples: [Int]
    ) throws(TrainingError) -> Tensor {
        do { return try forward(features, epoch: epoch, samples: samples) } catch {
            throw TrainingError(.invalidModel, error)
        }
    }

    fileprivate mutating func propagate(_ gradient: Tensor) throws(TrainingError) {
        do { try backward(gradient) } catch { throw TrainingError(.invalidModel, error) }
    }
}
