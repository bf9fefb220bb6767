import Weights
import Zoo

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The part of a run between features and files: phase after phase, a checkpoint after every epoch.
struct Learning {
    let run: TrainingRun
    let plan: ModelPlan
    let sets: PictureSets
    let classes: [String]
    let identity: Checkpoint.Identity
    let output: OutputDirectory
    let tell: @Sendable (TrainingEvent) -> Void

    private var settings: TrainerSettings { run.configuration.train }

    /// Trains, or makes the head in one pass.
    /// - Parameters:
    ///   - inputs: of the first phase that is left.
    ///   - checkpoint: where to go on; nil to begin.
    func model(_ inputs: PhaseInputs, from checkpoint: Checkpoint?) throws -> FinishedModel {
        if checkpoint != nil { return try trained(inputs, from: checkpoint) }
        if let features = inputs.train as? LabeledFeatures, plan.phases[0].cut == Model.pooledStage {
            try features.check("train", shape: plan.phases[0].suffix.inputShape, classCount: classes.count)
            let made = try plan.model.head.fit(
                features: features.features, labels: features.labels, in: plan.model.headContext)
            if let made { return try measured(made, features, inputs.test as? LabeledFeatures) }
        } else if try plan.isHeadMadeInOnePass {
            throw GraftError(
                .invalidValue, "a '\(type(of: plan.model.head).kind)' head is made in one pass over plain pictures",
                parameter: "head.kind",
                remedy: "choose another, or leave out train.freeze, recipe, phases, mixup and cutmix, and data.augment")
        }
        return try trained(inputs, from: checkpoint)
    }

    private func measured(
        _ made: StateDict, _ train: LabeledFeatures, _ test: LabeledFeatures?
    ) throws -> FinishedModel {
        let trainer = try Trainer(plan.phases[0].suffix, weights: made, classes: classes, settings: settings)
        let head = try trainer.measure(train, test: test) { (record) throws(GraftError) in
            try log(record)
            tell(.epoch(record, of: 1))
        }
        return try finished(
            head.weights, history: head.history, keptEpoch: 1, plan.phases[0],
            PhaseInputs(train: train, plainTrain: train, test: test), outline: nil)
    }

    // MARK: phases

    private func trained(_ first: PhaseInputs, from checkpoint: Checkpoint?) throws -> FinishedModel {
        var course = TrainingCourse()
        let hasTest = !sets.test.isEmpty
        if let early = settings.earlyStopping { course.stopping = try EarlyStoppingState(early, hasTest: hasTest) }
        if let checkpoint {
            course.progress = checkpoint.state.progress
            course.stopping?.restore(checkpoint.state.progress.stopping)
            course.carried = checkpoint.carried
            course.best = checkpoint.best
            // The files of the epochs that are done were lost with the run that did them.
            var ago = course.progress.history.reduce(0) { $0 + $1.seconds }
            for record in course.progress.history {
                ago -= record.seconds
                try log(record, ago: ago)
            }
        }
        let outline = try outline(first, course)
        tell(.outline(outline))
        let epochs = plan.phases.reduce(0) { $0 + $1.settings.epochs }
        var saved = checkpoint
        var inputs = first
        let start = min(course.progress.phase, plan.phases.count - 1)
        for phase in plan.phases[start...] {
            if phase.number > start + 1 {
                inputs = try run.inputs(for: phase, plan, sets, changed: course.carried, tell)
            }
            if plan.phases.count > 1 { tell(.phase(phase.number, of: plan.phases.count)) }
            try check(inputs, phase)
            var trainer = try trainer(of: phase, course)
            if let checkpoint = saved {
                trainer.snapshot = try checkpoint.snapshot(for: trainer.plan, file: output.path)
                saved = nil
            }
            let loss = try PhaseTrainer.loss(settings, classes: classes, labels: inputs.train.labels)
            try course.run(&trainer, on: inputs.train, test: inputs.test, loss: loss) {
                (record, trainer, course) throws(GraftError) in
                try log(record)
                tell(.epoch(record, of: epochs))
                try save(trainer, course)
            }
        }
        return try finished(
            course.carried, history: course.progress.history, keptEpoch: course.keptEpoch,
            plan.phases[plan.phases.count - 1], inputs, outline: outline)
    }

    /// A phase's trainer before its first step.
    func trainer(of phase: ModelPlan.Phase, _ course: TrainingCourse) throws(GraftError) -> PhaseTrainer {
        try plan.trainer(
            of: phase, changed: course.carried, classes: classes, settings: settings, threads: run.threads)
    }

    private func check(_ inputs: PhaseInputs, _ phase: ModelPlan.Phase) throws(GraftError) {
        let shape = phase.suffix.inputShape
        try (inputs.train as? LabeledFeatures)?.check("train", shape: shape, classCount: classes.count)
        try (inputs.test as? LabeledFeatures)?.check("test", shape: shape, classCount: classes.count)
    }

    private func outline(_ first: PhaseInputs, _ course: TrainingCourse) throws -> TrainingOutline {
        let count = sets.train.count + sets.test.count
        var outline = TrainingOutline(
            phases: plan.phases.map {
                .init($0, of: plan, isComputedOnce: !run.isStreamed($0, count: count))
            })
        for index in plan.phases.indices where index >= course.progress.phase {
            let phase = plan.phases[index]
            let estimate = EpochEstimate(learning: self, phase: phase, course: course)
            outline.phases[index].secondsPerEpoch = try estimate.seconds(
                index == course.progress.phase ? first : nil)
        }
        return outline
    }

    /// - Parameter ago: seconds since the epoch was over.
    private func log(_ record: EpochRecord, ago: Double = 0) throws(GraftError) {
        try output.append(TrainingRun.json(record), to: "metrics.jsonl")
        guard settings.tensorBoard else { return }
        let time = Date().timeIntervalSince1970 - ago
        if record.epoch == 1 {
            try output.append(TensorBoardLog.header(time: time - record.seconds), to: TensorBoardLog.fileName)
        }
        try output.append(TensorBoardLog.record(of: record, time: time), to: TensorBoardLog.fileName)
    }

    private func save(_ trainer: PhaseTrainer, _ course: TrainingCourse) throws(GraftError) {
        do throws(GraftError) {
            try Checkpoint.write(
                trainer, course, identity: identity,
                metadata: run.metadata(plan, classes: classes), to: output.finalPath(Checkpoint.fileName))
        } catch {
            throw GraftError(.file, error)
        }
    }

    // MARK: the end

    /// Puts the kept weights in and lets the model answer all pictures.
    private func finished(
        _ changed: StateDict, history: [EpochRecord], keptEpoch: Int, _ phase: ModelPlan.Phase, _ inputs: PhaseInputs,
        outline: TrainingOutline?
    ) throws -> FinishedModel {
        let weights = plan.weights(changed: changed, seed: settings.seed)
        let answering = try Answering(phase, weights: weights, batchSize: settings.batchSize, threads: run.threads)
        let train = try answering.features(of: inputs.plainTrain)
        let test = try inputs.test.map { try answering.features(of: $0) }
        func answers(_ features: LabeledFeatures) throws -> FinishedModel.Answers {
            let logits = try answering.logits(of: features)
            return .init(
                logits: logits,
                evaluation: try Evaluation(logits: logits, labels: features.labels, classes: classes))
        }
        let what = phase.cut == Model.pooledStage && plan.phases.count == 1 ? " of the head" : ""
        return FinishedModel(
            weights: weights, classes: classes, history: history, keptEpoch: keptEpoch, train: try answers(train),
            test: try test.map(answers), featureMean: train.mean, outline: outline,
            timing: "\(counted(history.count, "epoch"))\(what)")
    }
}
