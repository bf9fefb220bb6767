import Engine
import Learning
import Objectives
import Numbers
import Zoo

/// How far a head alone gets on these pictures: heads trained on parts of them, asked about the others. It costs seconds, for
/// features are computed already.
struct HeldOutHeads: Sendable {
    /// Lengths that are compared.
    static let lengths = [5, 10, 20, 40]

    /// The length with the least cross entropy, the shorter of equals.
    let epochs: Int
    /// Whether each picture was answered right, by a head of that length that had not seen it.
    let isRight: [Bool]
    /// Their cross entropy, over all pictures.
    let loss: Double

    /// - Parameters:
    ///   - features: of the training pictures; of one class each.
    ///   - phase: the head's.
    init(
        _ features: LabeledFeatures, labels: [Int], folds: Folds, phase: ModelPlan.Phase, of survey: Survey,
        _ surroundings: RunSurroundings
    ) throws(GraftError) {
        let classes = survey.classes.count
        var answers = Self.lengths.map { _ in HeldOutAnswers(labels: labels, classes: classes) }
        for fold in 0..<folds.count {
            let (train, held) = folds.split(fold)
            guard !train.isEmpty, !held.isEmpty else { continue }
            let asked = features.chosen(held)
            _ = try Self.trained(
                on: features.chosen(train), phase.lasting(Self.lengths.max() ?? 1), of: survey, surroundings
            ) { (epoch, trainer) throws(GraftError) in
                guard let place = Self.lengths.firstIndex(of: epoch) else { return }
                let head = try InferencePlan(phase.suffix, weights: trainer.keptWeights, threads: surroundings.threads)
                answers[place].put(try head.run(asked.features), at: held)
            }
        }
        let losses = answers.map { $0.losses().reduce(0, +) }
        let best = losses.indices.min { losses[$0] < losses[$1] } ?? 0
        epochs = Self.lengths[best]
        isRight = answers[best].isRight
        loss = losses[best]
    }

    /// A head trained on some pictures: the tensors that changed.
    static func trained(
        on features: LabeledFeatures, _ phase: ModelPlan.Phase, of survey: Survey, _ surroundings: RunSurroundings,
        after: (Int, PhaseTrainer) throws(GraftError) -> Void = { _, _ in }
    ) throws(GraftError) -> StateDict {
        let loss = try PhaseTrainer.loss(phase.training, classes: survey.classes, targets: features.targets)
        var trainer = try survey.plan.trainer(of: phase, classes: survey.classes, threads: surroundings.threads)
        var course = TrainingCourse()
        try course.run(
            &trainer, on: features, test: nil, loss: loss, interrupter: surroundings.interrupter
        ) { (record, trainer, _) throws(GraftError) in try after(record.epoch, trainer) }
        return course.carried
    }
}
