import Learning
import Numbers
import Objectives
import RunConfiguration
import Zoo

/// Decides by the training pictures whether the backbone learns too, and how: the rules of `train.recipe`.
///
/// 1. Heads answer the training pictures that they have not seen: trained ones, and such as are solved for; the better kind is
///    the head alone from then on. Where they make too few mistakes for a difference to show, it is kept.
/// 2. Else the head and ways to fine-tune for a short time learn from three parts, and answer a fourth.
///    Fine-tuning goes on from a head of a few epochs: one that has learnt for as long as suits it alone is worse to start from.
/// 3. A head that is often wrong mostly gains by fine-tuning, and a part of few pictures seldom shows it: there it has to be
///    clearly worse not to be done. A head that is seldom wrong is kept unless fine-tuning clearly wins; where it does not at
///    once, the better way is tried for its full time.
struct FineTuning {
    private let survey: Survey
    private let surroundings: RunSurroundings
    private let features: LabeledFeatures
    private let labels: [Int]
    /// Nil where parts of the pictures are too few for a head.
    private let heads: HeldOutHeads?
    /// Nil where heads that were trained are as good.
    private let solved: SolvedHeads?
    private let candidates: [FineTuningCandidate]

    /// Trains heads on parts of the pictures, to find how long a head should learn.
    /// - Throws: `GraftError` `.invalidValue` for pictures that are not of one class each; `.cancelled`.
    init(_ survey: Survey, _ surroundings: RunSurroundings) throws(GraftError) {
        let head = survey.plan.phases[0]
        guard let features = try PhaseInputs(for: head, of: survey, changed: StateDict(), surroundings).computed,
            let labels = features.targets.classIndices
        else {
            throw GraftError(
                .invalidValue, "the recipe is for pictures of one class each", parameter: "train.recipe",
                remedy: "write your own train.phases in its place")
        }
        self.survey = survey
        self.surroundings = surroundings
        self.features = features
        self.labels = labels
        let folds = Folds(labels: labels, groups: survey.sets.groups, count: 4)
        do throws(GraftError) {
            let trained = try HeldOutHeads(
                features, labels: labels, folds: folds, phase: head, of: survey, surroundings)
            let solved = try SolvedHeads(features, labels: labels, folds: folds, of: survey, surroundings)
            heads = trained
            self.solved = solved.flatMap { $0.loss < trained.loss ? $0 : nil }
        } catch {
            guard surroundings.mayGoOn(after: error) else { throw error }
            (heads, solved) = (nil, nil)
        }
        candidates = FineTuningCandidate.all(for: survey)
    }

    /// Epochs that a head is worth.
    var headEpochs: Int { heads?.epochs ?? survey.plan.phases[0].settings.epochs }

    /// Epochs of the head that fine-tuning goes on from.
    static let startEpochs = 3

    /// The head that fine-tuning goes on from, of all training pictures.
    func start() throws(GraftError) -> StateDict {
        try HeldOutHeads.trained(
            on: features, survey.plan.phases[0].lasting(Self.startEpochs), of: survey, surroundings)
    }

    /// Training pictures that heads which had not seen them got wrong.
    private var mistakes: Int { (solved?.isRight ?? heads?.isRight)?.count { !$0 } ?? 0 }

    /// Tries what may be worth it, and says before what that may take.
    /// - Throws: `GraftError` `.cancelled`. What else goes wrong on a part of the pictures is a reason to keep the head.
    func decision() throws(GraftError) -> FineTuningDecision {
        var decision = FineTuningDecision(
            headEpochs: headEpochs, headCorrect: labels.count - mistakes, headTotal: labels.count,
            isHeadSolved: solved != nil)
        do throws(GraftError) { try decide(&decision) } catch {
            guard surroundings.mayGoOn(after: error) else { throw error }
            decision.reason =
                "fine-tuning fails on a part of the pictures (\(error.message)): the head alone is \(kept)"
        }
        return decision
    }

    private func decide(_ decision: inout FineTuningDecision) throws(GraftError) {
        let parts = TrialParts(labels: labels, groups: survey.sets.groups)
        guard heads != nil, !parts.train.isEmpty else {
            decision.headCorrect = 0
            decision.reason = "there are too few pictures to try anything on a part of them: the head alone is kept"
            return
        }
        guard mistakes * parts.held.count >= Self.leastMistakes * labels.count else {
            decision.reason =
                "the head alone was right on \(decision.headCorrect) of \(labels.count) pictures that it had not seen: too few "
                + "mistakes to tell whether more training helps, so it is \(kept)"
            return
        }
        try announce(parts)
        let trial = try FineTuningTrial(
            survey, features: features, labels: labels, parts: parts,
            phase: survey.plan.phases[0].lasting(headEpochs), solved: solved, surroundings)
        try decide(&decision, trial)
    }

    /// Among the held-out pictures, as far as that can be foreseen: fewer show no difference that is more than chance.
    private static let leastMistakes = 5
    /// The share of mistakes from which a head is often wrong.
    private static let oftenWrong = 0.08

    private func decide(_ decision: inout FineTuningDecision, _ trial: FineTuningTrial) throws(GraftError) {
        var outcomes: [FineTuningTrial.Outcome] = []
        for candidate in candidates {
            outcomes.append(try trial.run(candidate.lasting(firstEpochs(of: candidate))))
            decision.trials.append(outcomes[outcomes.count - 1].trial)
        }
        // Changing pictures gains little where it is right and loses much where it is wrong: it has to be better than leaving
        // them, which is tried last.
        var best = candidates.count - 1
        for index in candidates.indices where outcomes[index].isBetter(than: outcomes[best]) { best = index }
        let first = outcomes[best].trial
        if isQuick || isChosen(first) { return conclude(&decision, best, first) }
        let outcome = try trial.run(candidates[best]).trial
        decision.trials.append(outcome)
        conclude(&decision, best, outcome)
    }

    private func isChosen(_ trial: FineTuningDecision.Trial) -> Bool {
        let isOftenWrong = Double(mistakes) >= Self.oftenWrong * Double(labels.count)
        return trial.isWon || isOftenWrong && !trial.isClearlyWorse
    }

    private var kept: String { solved == nil ? "kept" : "kept, solved for and not trained" }

    private var isQuick: Bool { survey.configuration.train.recipe?.effort == .quick }

    /// How long a way is tried at first.
    private func firstEpochs(of candidate: FineTuningCandidate) -> Int {
        let epochs = candidate.settings.epochs
        return isQuick ? epochs : max(1, epochs * 3 / 10)
    }

    private func conclude(_ decision: inout FineTuningDecision, _ index: Int, _ trial: FineTuningDecision.Trial) {
        let counts = trial.counts
        let isChosen = isChosen(trial)
        if isChosen { decision.chosen = index }
        let head = trial.headCorrect, all = "\(counts.total) held-out pictures"
        switch (isChosen, counts.gain) {
        case (true, _):
            let candidate = candidates[index]
            let tried =
                trial.epochs < candidate.settings.epochs ? " after \(NumberText.counted(trial.epochs, "epoch"))" : ""
            let why = trial.isWon ? "" : "no clear difference, and a head that is so often wrong mostly gains by it: "
            decision.reason =
                "of \(all) the head alone had \(head) right, fine-tuning \(head + counts.gain)\(tried): \(why)"
                + "\(candidate.what) is trained for \(NumberText.counted(candidate.settings.epochs, "epoch"))"
        case (false, 0): decision.reason = "the head alone was right as often on the \(all) (\(head)): \(kept)"
        case (false, ..<0):
            decision.reason =
                "the head alone was right more often on the \(all) (\(head), fine-tuned \(head + counts.gain)): \(kept)"
        case (false, _):
            decision.reason =
                "fine-tuning was right on \(head + counts.gain) of \(all), the head alone on \(head): no more than chance may do, "
                + "so the head is kept"
        }
    }

    /// What the decision may take, before it is begun.
    private func announce(_ parts: TrialParts) throws(GraftError) {
        let all = Double(labels.count)
        var tried = 0.0, longest = 0.0
        for candidate in candidates {
            let estimate = EpochEstimate(
                survey: survey, phase: try candidate.phase(of: survey.plan), changed: StateDict(),
                surroundings: surroundings)
            guard let seconds = try estimate.seconds(nil) else { return }
            let epochs = candidate.settings.epochs
            tried += seconds * Double(firstEpochs(of: candidate) * parts.train.count) / all
            longest = max(longest, seconds * Double(epochs))
        }
        surroundings.tell(
            .note(
                "the head alone was right on \(labels.count - mistakes) of \(labels.count) pictures that it had not seen; "
                    + "fine-tuning is tried on \(parts.train.count) of them and counted on \(parts.held.count) others: about "
                    + "\(NumberText.duration(tried)), and where it wins, \(NumberText.duration(longest)) for the whole")
        )
    }
}

extension Survey {
    /// The phases that follow from a decision.
    func decided(_ decision: FineTuningDecision) throws(GraftError) -> Survey {
        var phases = [plan.phases[0].lasting(decision.headEpochs)]
        if let chosen = decision.chosen {
            phases.append(try FineTuningCandidate.all(for: self)[chosen].phase(of: plan))
        }
        return with(phases)
    }
}
