import Engine
import Learning
import Numbers
import Objectives
import RunConfiguration
import Zoo

/// How far heads get alone that are solved for, and not trained: each on some of the pictures, asked about the others.
struct SolvedHeads {
    /// Whether each picture was answered right, by a head that had not seen it.
    let isRight: [Bool]
    /// The cross entropy, over all pictures.
    let loss: Double
    private let plan: ModelPlan
    private let choice: OptionChoice?
    private let surroundings: RunSurroundings

    /// Nil where a run has no such head.
    /// - Parameter features: of the training pictures; of one class each.
    init?(
        _ features: LabeledFeatures, labels: [Int], folds: Folds, of survey: Survey, _ surroundings: RunSurroundings
    ) throws(GraftError) {
        guard let plan = survey.solved, let made = try plan.solvedHead(on: features, chosen: nil, surroundings) else {
            return nil
        }
        var heads = FoldHeads(
            plan: plan, settings: survey.configuration.train, classes: survey.classes, epochs: 1,
            surroundings: surroundings)
        heads.chosen = made.choice
        let scores = try heads.scores(features, folds: folds)
        var answers = HeldOutAnswers(labels: labels, classes: survey.classes.count)
        answers.put(
            try Tensor(shape: [labels.count, survey.classes.count], elements: scores.map { Float($0) }),
            at: Array(labels.indices))
        self.plan = plan
        self.surroundings = surroundings
        choice = made.choice
        isRight = answers.isRight
        loss = answers.losses().reduce(0, +)
    }

    /// A head of a part of the pictures.
    func tensors(of features: LabeledFeatures) throws(GraftError) -> StateDict {
        try plan.solvedHead(on: features, chosen: choice, surroundings)?.tensors ?? StateDict()
    }
}

extension ModelPlan {
    /// The plan's head in one pass; nil where it is not made so.
    /// - Parameter chosen: what was chosen for all pictures, where these are a part of them.
    func solvedHead(
        on features: LabeledFeatures, chosen: OptionChoice?, _ surroundings: RunSurroundings
    ) throws(GraftError) -> HeadFit? {
        guard model.head.isMadeInOnePass else { return nil }
        var context = try headContext(threads: surroundings.threads)
        context.chosen = chosen
        context.advance = { [surroundings] done, total throws(GraftError) in
            try surroundings.interrupter.check()
            surroundings.tell(.solving(done: done, total: total))
        }
        return try model.head.fit(features: features.features, targets: features.targets, in: context)
    }
}
