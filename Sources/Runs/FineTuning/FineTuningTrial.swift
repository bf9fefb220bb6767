import Inference
import Insight
import Learning
import Objectives
import Zoo

/// The head alone and ways to go on after it, learnt from a part of the training pictures and compared on the rest.
struct FineTuningTrial {
    /// The part to learn from, with the rest as its test pictures.
    let part: Survey
    /// The head that fine-tuning goes on from.
    let start: StateDict
    let surroundings: RunSurroundings
    private let before: HeldOutAnswers
    private let labels: [Int]

    /// - Parameters:
    ///   - features: pooled, of all training pictures.
    ///   - phase: the head's, as long as it is to last where it is alone.
    ///   - solved: what is kept in the place of a head that was trained.
    init(
        _ survey: Survey, features: LabeledFeatures, labels: [Int], parts: TrialParts, phase: ModelPlan.Phase,
        solved: SolvedHeads?, _ surroundings: RunSurroundings
    ) throws(GraftError) {
        let (train, held) = (parts.train, parts.held)
        part = survey.part(train: train, test: held)
        self.labels = held.map { labels[$0] }
        self.surroundings = surroundings
        let learnt = features.chosen(train)
        start = try HeldOutHeads.trained(
            on: learnt, phase.lasting(FineTuning.startEpochs), of: survey, surroundings)
        var before = HeldOutAnswers(labels: self.labels, classes: survey.classes.count)
        let head =
            if let solved { try solved.tensors(of: learnt) } else {
                try HeldOutHeads.trained(on: learnt, phase, of: survey, surroundings)
            }
        let answering = try Answering(
            phase, weights: survey.plan.weights(changed: head, seed: phase.training.seed),
            batchSize: phase.training.batchSize, threads: surroundings.threads)
        before.put(try answering.logits(of: features.chosen(held)), at: Array(held.indices))
        self.before = before
    }

    /// What came of one way to go on.
    struct Outcome {
        let trial: FineTuningDecision.Trial
        /// The cross entropy of each held-out picture.
        let losses: [Double]

        /// Whether this is better than another way: the cross entropy by more than chance does once in twenty times, the count no
        /// less. A short trial flatters pictures that were changed, so less is not enough.
        func isBetter(than other: Outcome) -> Bool {
            return PairedLoss(other.losses, losses).isClear && trial.counts.gain >= other.trial.counts.gain
        }
    }

    /// What comes of one way to go on.
    func run(_ candidate: FineTuningCandidate) throws(GraftError) -> Outcome {
        let plan = part.plan
        let phase = try candidate.phase(of: plan)
        let inputs = try PhaseInputs(for: phase, of: part, changed: start, surroundings.silent)
        guard let test = inputs.test else { throw GraftError(.invalidData, "nothing is held out to compare on") }
        var course = TrainingCourse()
        course.carried = start
        let loss = try PhaseTrainer.loss(phase.training, classes: part.classes, targets: inputs.train.targets)
        var trainer = try plan.trainer(
            of: phase, changed: start, classes: part.classes, threads: surroundings.threads, ranks: surroundings.ranks)
        try course.run(
            &trainer, on: inputs.train, test: nil, loss: loss, interrupter: surroundings.interrupter
        ) { (_, _, _) throws(GraftError) in }
        let answering = try Answering(
            phase, weights: plan.weights(changed: course.carried, seed: phase.training.seed),
            batchSize: phase.training.batchSize, threads: surroundings.threads, ranks: surroundings.ranks)
        var after = HeldOutAnswers(labels: labels, classes: part.classes.count)
        after.put(try answering.logits(of: try answering.features(of: test)), at: Array(labels.indices))
        let right = before.isRight
        let losses = after.losses()
        let paired = PairedLoss(before.losses(), losses)
        let trial = FineTuningDecision.Trial(
            what: candidate.what, epochs: candidate.settings.epochs, headCorrect: right.count { $0 },
            counts: PairedCount(before: right, after: after.isRight), lossGain: paired.gain,
            lossGainError: paired.error, isWon: paired.isClear && after.isRight.count { $0 } >= right.count { $0 })
        surroundings.tell(.trial(trial))
        return Outcome(trial: trial, losses: losses)
    }
}
