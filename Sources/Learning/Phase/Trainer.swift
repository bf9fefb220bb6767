import Engine
package import Zoo

/// Trains layers on features in memory, all of them in one phase: a new head on what a frozen backbone answered.
/// `TrainingRun` does the whole of it, from pictures on and in several phases.
///
/// One seed decides the new weights, the order of images in each epoch and dropout; the result is the same bit for bit on
/// every run.
package struct Trainer: Sendable {
    private let trainer: PhaseTrainer
    private let classes: [String]
    private let settings: TrainerSettings

    /// - Parameters:
    ///   - graph: the part of a model's graph after a cut, from `[N, ...]` to one logit a class, or to one logit for two
    ///     classes.
    ///   - weights: what training starts from; tensors that are not there are made by `Initializer`.
    ///   - classes: the names, in the order of the labels.
    ///   - task: what the outputs mean.
    ///   - settings: `phases` and `freeze` do not matter.
    /// - Throws: `GraftError.invalidModel` for layers that cannot be trained or do not fit the classes;
    ///   `invalidValue` for settings out of range.
    package init(
        _ graph: Graph, weights: StateDict = StateDict(), classes: [String],
        task: ModelTask = .classification, settings: TrainerSettings
    ) throws(GraftError) {
        var settings = settings
        settings.phases = []
        trainer = try PhaseTrainer(
            graph, weights: Initializer(seed: settings.seed).fill(graph, from: weights), classes: classes,
            task: task, settings: settings, phase: settings.effectivePhases[0])
        self.classes = classes
        self.settings = settings
    }

    /// - Parameters:
    ///   - test: images that are only counted, after every epoch.
    ///   - onEpoch: called after every epoch; an error it throws ends the training.
    /// - Throws: `GraftError.invalidData`, or `diverged` with the epoch, the step and the layer where a number stopped
    ///   being finite.
    package func train(
        _ train: LabeledFeatures, test: LabeledFeatures? = nil,
        onEpoch: (EpochRecord) throws(GraftError) -> Void = { _ in }
    ) throws(GraftError) -> TrainedLayers {
        try check(train, test)
        let loss = try PhaseTrainer.loss(settings, classes: classes, targets: train.targets)
        var course = TrainingCourse()
        if let early = settings.earlyStopping { course.stopping = try EarlyStoppingState(early, hasTest: test != nil) }
        var trainer = trainer
        try course.run(&trainer, on: train, test: test, loss: loss) { (record, _, _) throws(GraftError) in
            try onEpoch(record)
        }
        trainer.keep(course.carried)
        return TrainedLayers(
            plan: trainer.plan, classes: classes, history: course.progress.history, bestEpoch: course.keptEpoch)
    }

    private func check(_ train: LabeledFeatures, _ test: LabeledFeatures?) throws(GraftError) {
        let shape = trainer.plan.graph.inputShape
        try train.check("train", shape: shape, outputs: classes.count)
        try test?.check("test", shape: shape, outputs: classes.count)
    }
}
