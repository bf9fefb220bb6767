import Insight
import Learning
import Objectives
import RunConfiguration
import Zoo

/// Phase after phase, from what the survey found to a finished model. It knows neither the run nor its files: whoever wants
/// to keep an epoch's state is told of it.
struct PhaseLoop {
    /// A recipe adds phases to its plan.
    private(set) var survey: Survey
    private var findings: DataFindings?
    let surroundings: RunSurroundings
    /// Called after every epoch, and with the state before the first one where the work is given up in it.
    let keep: (EpochRecord?, PhaseTrainer, TrainingCourse) throws(GraftError) -> Void

    init(
        survey: Survey, surroundings: RunSurroundings,
        keep: @escaping (EpochRecord?, PhaseTrainer, TrainingCourse) throws(GraftError) -> Void
    ) {
        self.survey = survey
        self.surroundings = surroundings
        self.keep = keep
    }

    private var settings: TrainerSettings { survey.configuration.train }
    private var plan: ModelPlan { survey.plan }
    private var classes: [String] { survey.classes }

    /// Trains, or makes the head in one pass.
    /// - Parameter checkpoint: where to go on; nil to begin.
    /// - Throws: `GraftError` `.diverged`; `.cancelled`, after `keep` has had what can be gone on from.
    func model(from checkpoint: Checkpoint?) throws(GraftError) -> FinishedModel {
        guard checkpoint == nil, plan.model.head.isMadeInOnePass else {
            var loop = self
            return try loop.trained(from: checkpoint)
        }
        return try made()
    }

    /// Finds copies, so that none of them is in another fold, and what else there is to say of the data, where features are
    /// there to tell it by.
    /// - Throws: `GraftError` `.invalidData` for too few pictures for `train.none_of_these`; `.cancelled`.
    mutating func lookAtData() throws(GraftError) {
        try Confidence.check(survey)
        let count = survey.sets.train.count + survey.sets.test.count
        guard survey.configuration.insight, let phase = plan.phases.first, phase.cut == Model.pooledStage,
            count <= DataFindings.mostPictures, survey.task == .classification,
            !PhaseInputs.isStreamed(phase, count: count, memoryLimit: surroundings.memoryLimit)
        else { return }
        // A run that is gone on from has the features of another phase: these are in the cache.
        let inputs = try PhaseInputs(for: phase, of: survey, changed: StateDict(), surroundings.silent)
        guard let train = inputs.computed else { return }
        findings = try DataFindings(survey, train: train, test: inputs.test as? LabeledFeatures, surroundings)
        if let findings { survey = survey.with(copies: findings.copies(train: train.count)) }
    }

    /// Makes the head in one pass.
    /// - Parameter decision: a recipe's, that such a head is what is kept.
    private func made(after decision: FineTuningDecision? = nil) throws(GraftError) -> FinishedModel {
        let phase = plan.phases[0]
        guard phase.cut == Model.pooledStage, plan.phases.count == 1, settings.recipe == nil || decision != nil,
            case let inputs = try PhaseInputs(for: phase, of: survey, changed: StateDict(), surroundings),
            let features = inputs.computed
        else {
            throw GraftError(
                .invalidValue, "a '\(type(of: plan.model.head).kind)' head is made in one pass over plain pictures",
                parameter: "head.kind",
                remedy: "choose another, or leave out train.freeze, recipe, phases, mixup and cutmix, and data.augment")
        }
        guard let made = try plan.solvedHead(on: features, chosen: nil, surroundings) else {
            throw GraftError(.invalidModel, "the head says that it is made in one pass, and is not")
        }
        let trainer = try plan.trainer(
            of: phase, changed: made.tensors, classes: classes, threads: surroundings.threads)
        // Of the settings, none decides what such a head is: its loss is that of its task.
        let loss = try LossSettings(for: features.targets).loss(LossContext(targets: classes.count))
        let record = try trainer.record(features, test: inputs.test, loss: loss)
        if decision == nil { try keep(record, trainer, TrainingCourse()) }
        if let choice = made.choice { surroundings.tell(.choice(choice)) }
        surroundings.tell(.epoch(record, of: 1))
        return try finished(
            made.tensors, history: [record], keptEpoch: 1, phase, inputs, outline: nil, choice: made.choice,
            decision: decision)
    }

    private mutating func trained(from checkpoint: Checkpoint?) throws(GraftError) -> FinishedModel {
        var course = TrainingCourse()
        if let early = settings.earlyStopping {
            course.stopping = try EarlyStoppingState(early, hasTest: !survey.sets.test.isEmpty, task: survey.task)
        }
        if let checkpoint {
            course.progress = checkpoint.state.progress
            course.stopping?.restore(checkpoint.state.progress.stopping)
            course.carried = checkpoint.carried
            course.best = checkpoint.best
        }
        // A recipe whose decision is not made yet begins with the head.
        var undecided: FineTuning?
        if let decision = course.progress.decision {
            survey = try survey.decided(decision)
        } else if settings.recipe != nil {
            let fineTuning = try FineTuning(survey, surroundings)
            survey = survey.with([plan.phases[0].lasting(fineTuning.headEpochs)])
            undecided = fineTuning
        }
        var index = min(course.progress.phase, plan.phases.count - 1)
        var inputs = try PhaseInputs(for: plan.phases[index], of: survey, changed: course.carried, surroundings)
        var outline = try outline(inputs, course)
        surroundings.tell(.outline(outline))
        var saved = checkpoint
        var headOnly: StateDict?
        while true {
            let phase = plan.phases[index]
            if plan.phases.count > 1 { surroundings.tell(.phase(phase.number, of: plan.phases.count)) }
            if phase.cut != Model.pooledStage, index > 0,
                plan.phases[..<index].allSatisfy({ $0.cut == Model.pooledStage })
            {
                // A recipe fine-tunes from another head than the one that would have been kept.
                headOnly = course.progress.decision == nil ? course.carried : try longestHead(course)
            }
            let snapshot = saved
            saved = nil
            try run(phase, on: inputs, &course, from: snapshot)
            if let fineTuning = undecided, index == plan.phases.count - 1 {
                undecided = nil
                try decide(fineTuning, &course, &outline)
            }
            index += 1
            guard index < plan.phases.count else { break }
            inputs = try PhaseInputs(for: plan.phases[index], of: survey, changed: course.carried, surroundings)
        }
        if let decision = course.progress.decision, decision.keepsSolvedHead, let solved = survey.solved {
            survey = survey.with(solved)
            return try made(after: decision)
        }
        return try finished(
            course.carried, history: course.progress.history, keptEpoch: course.keptEpoch,
            plan.phases[plan.phases.count - 1], inputs, outline: outline, decision: course.progress.decision,
            headOnly: headOnly)
    }

    /// The head that a recipe would have kept: the first phase as it was, which a resumed run has not seen.
    private func longestHead(_ course: TrainingCourse) throws(GraftError) -> StateDict? {
        guard
            let features = try PhaseInputs(
                for: plan.phases[0], of: survey, changed: StateDict(), surroundings.silent
            ).computed
        else { return nil }
        if course.progress.decision?.isHeadSolved == true, let solved = survey.solved {
            return try solved.solvedHead(on: features, chosen: nil, surroundings)?.tensors
        }
        return try HeldOutHeads.trained(on: features, plan.phases[0], of: survey, surroundings)
    }

    /// What is left of a phase.
    private func run(
        _ phase: ModelPlan.Phase, on inputs: PhaseInputs, _ course: inout TrainingCourse, from checkpoint: Checkpoint?
    ) throws(GraftError) {
        let epochs = plan.phases.reduce(0) { $0 + $1.settings.epochs }
        var trainer = try trainer(of: phase, course)
        if let checkpoint { trainer.snapshot = try checkpoint.snapshot(for: trainer) }
        let loss = try PhaseTrainer.loss(phase.training, classes: classes, targets: inputs.train.targets)
        var worst = WorstMistakes()
        do throws(GraftError) {
            try course.run(
                &trainer, on: inputs.train, test: inputs.test, loss: loss, interrupter: surroundings.interrupter,
                onTest: { worst.look($0, $1) }
            ) { (record, trainer, course) throws(GraftError) in
                surroundings.tell(.epoch(record, of: epochs))
                if survey.task == .classification, inputs.test != nil {
                    surroundings.tell(.mistakes(worst.take(of: survey), epoch: record.epoch))
                }
                try keep(record, trainer, course)
            }
        } catch {
            // Later epochs go on from the one before; the first has only its beginning.
            if error.code == .cancelled, course.progress.history.isEmpty {
                try keep(nil, try self.trainer(of: phase, course), course)
            }
            throw error
        }
    }

    /// Lets the recipe decide what comes after the head, and keeps the decision before it is carried out.
    private mutating func decide(
        _ fineTuning: FineTuning, _ course: inout TrainingCourse, _ outline: inout TrainingOutline
    ) throws(GraftError) {
        let decision = try fineTuning.decision()
        course.progress.decision = decision
        surroundings.tell(.decision(decision))
        survey = try survey.decided(decision)
        guard plan.phases.count > course.progress.phase else { return }
        course.carried = try fineTuning.start()
        try keep(nil, try trainer(of: plan.phases[course.progress.phase], course), course)
        let added = try self.outline(nil, course).phases.suffix(1)
        outline.phases += added
        surroundings.tell(.outline(TrainingOutline(phases: Array(added))))
    }

    /// A phase's trainer before its first step.
    private func trainer(of phase: ModelPlan.Phase, _ course: TrainingCourse) throws(GraftError) -> PhaseTrainer {
        try plan.trainer(
            of: phase, changed: course.carried, classes: classes, threads: surroundings.threads,
            ranks: surroundings.ranks)
    }

    private func outline(_ first: PhaseInputs?, _ course: TrainingCourse) throws(GraftError) -> TrainingOutline {
        let count = survey.sets.train.count + survey.sets.test.count
        var outline = TrainingOutline(
            phases: plan.phases.map { phase in
                .init(
                    number: phase.number, phase.settings, of: plan.graph, frozen: phase.frozen, cut: phase.cut,
                    isComputedOnce: !PhaseInputs.isStreamed(
                        phase, count: count, memoryLimit: surroundings.memoryLimit))
            })
        for index in plan.phases.indices where index >= course.progress.phase {
            let estimate = EpochEstimate(
                survey: survey, phase: plan.phases[index], changed: course.carried, surroundings: surroundings)
            outline.phases[index].secondsPerEpoch = try estimate.seconds(
                index == course.progress.phase ? first : nil)
        }
        return outline
    }

    /// The test pictures, answered by a head before the backbone was trained, and by the kept model.
    /// - Parameters:
    ///   - logits: the kept model's, `[N, classes]` or `[N, 1]`.
    ///   - head: the tensors that had changed until then.
    private func paired(_ logits: Tensor, with head: StateDict) throws(GraftError) -> PairedCount? {
        guard let phase = plan.phases.first(where: { $0.cut == Model.pooledStage }),
            let source = try PhaseInputs(for: phase, of: survey, changed: StateDict(), surroundings.silent).test,
            let labels = source.targets.classIndices
        else { return nil }
        let answering = try Answering(
            phase, weights: plan.weights(changed: head, seed: settings.seed), batchSize: settings.batchSize,
            threads: surroundings.threads)
        func isRight(_ logits: Tensor) -> [Bool] {
            var answers = HeldOutAnswers(labels: labels, classes: classes.count)
            answers.put(logits, at: Array(labels.indices))
            return answers.isRight
        }
        return PairedCount(
            before: isRight(try answering.logits(of: try answering.features(of: source))), after: isRight(logits))
    }

    /// Puts the kept weights in and lets the model answer all pictures.
    private func finished(
        _ changed: StateDict, history: [EpochRecord], keptEpoch: Int, _ phase: ModelPlan.Phase, _ inputs: PhaseInputs,
        outline: TrainingOutline?, choice: OptionChoice? = nil, decision: FineTuningDecision? = nil,
        headOnly: StateDict? = nil
    ) throws(GraftError) -> FinishedModel {
        let learnt = plan.weights(changed: changed, seed: settings.seed)
        let weights = survey.scale?.foldedInto(learnt) ?? learnt
        let answering = try Answering(
            phase, weights: weights, batchSize: settings.batchSize, threads: surroundings.threads,
            ranks: surroundings.ranks)
        let train = try answering.features(of: inputs.plainTrain)
        var confidence: Confidence?
        var thresholds = try ThresholdChoice.thresholds(
            ofHeldOutOf: survey, phase, changed: changed, answering, surroundings)
        if let features = inputs.computed, plan.isHeadOnly {
            do throws(GraftError) {
                thresholds = try ThresholdChoice.thresholds(survey, features, epochs: keptEpoch, surroundings)
                confidence = try Confidence(
                    survey, features, groups: survey.sets.groups, epochs: keptEpoch, choice: choice, surroundings)
            } catch {
                // A part of the pictures may be too few for the settings: that is no reason to lose the model.
                guard surroundings.mayGoOn(after: error), settings.noneOfThese == nil else { throw error }
            }
        }
        let temperature = confidence?.temperature.value ?? 1
        func answers(
            _ features: LabeledFeatures, to items: [PictureSets.Item]
        ) throws(GraftError) -> FinishedModel.Answers {
            let logits = try answering.logits(of: features).divided(by: temperature)
            return .init(
                logits: logits,
                assessment: try Assessment(
                    outputs: logits, targets: survey.sets.targets(items), names: classes, thresholds: thresholds))
        }
        var test: FinishedModel.Answers?
        if let source = inputs.test {
            test = try answers(try answering.features(of: source), to: survey.sets.test)
        }
        var paired: PairedCount?
        if let headOnly, let test { paired = try self.paired(test.logits, with: headOnly) }
        let what = phase.cut == Model.pooledStage && plan.phases.count == 1 ? " of the head" : ""
        return FinishedModel(
            weights: weights, classes: classes, history: history, keptEpoch: keptEpoch,
            train: try answers(train, to: survey.sets.train), test: test, featureMean: train.mean, plan: plan,
            outline: outline, choice: choice, decision: decision, paired: paired, confidence: confidence,
            findings: findings, thresholds: thresholds,
            timing: "\(NumberText.counted(history.count, "epoch"))\(what)")
    }
}

extension Tensor {
    /// Logits as they become probabilities.
    fileprivate func divided(by temperature: Double) -> Tensor {
        guard temperature != 1 else { return self }
        var result = self
        result.withElements { values in
            for index in values.indices { values[index] = Float(Double(values[index]) / temperature) }
        }
        return result
    }
}
