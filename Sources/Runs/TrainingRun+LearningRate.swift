import Data
import Engine
public import Learning
import RunConfiguration
public import Zoo

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

extension TrainingRun {
    /// Looks for a learning rate: trains with one that rises from step to step until the loss explodes, and forgets what
    /// was learnt. Writes nothing but the cache of features.
    /// - Parameters:
    ///   - number: the phase, from 1, as if those before it had changed nothing.
    ///   - steps: how many at most.
    ///   - range: the first and the last rate.
    /// - Throws: a `GraftError`.
    public func findLearningRate(
        phase number: Int = 1, steps: Int = 100, range: ClosedRange<Double> = 1e-7...10,
        _ tell: @escaping @Sendable (TrainingEvent) -> Void = { _ in }
    ) async throws(GraftError) -> LearningRateCurve {
        try await onOwnThread { interrupter throws(GraftError) in
            try findLearningRateHere(phase: number, steps: steps, range: range, interrupter, tell)
        }
    }

    private func findLearningRateHere(
        phase number: Int, steps: Int, range: ClosedRange<Double>, _ interrupter: Interrupter,
        _ tell: @escaping @Sendable (TrainingEvent) -> Void
    ) throws(GraftError) -> LearningRateCurve {
        var configuration = configuration
        // A rate is that of steps.
        configuration.head.kind = configuration.head.kind ?? TrainingConfiguration.HeadChoice.trained
        let draft = try RunDraft(configuration, registry: registry)
        let phases = try ModelPlan.phases(of: try draft.model.graph(), configuration.train)
        guard (1...phases.count).contains(number) else {
            throw GraftError(
                .invalidValue, "there is no such phase", parameter: "phase", expected: "1 to \(phases.count)",
                found: "\(number)")
        }
        let (train, test) = (draft.train, draft.test)
        tell(
            .pictures(train: train.pictures.count, test: test?.pictures.count, task: train.task, classes: train.classes)
        )
        let surroundings = surroundings(interrupter, tell)
        let plan = try draft.plan(surroundings)
        guard !draft.model.head.isMadeInOnePass else {
            throw GraftError(
                .invalidValue,
                "a '\(type(of: draft.model.head).kind)' head is made in one pass and has no learning rate",
                parameter: "head.kind", remedy: "choose another")
        }
        let phase = plan.phases[number - 1]
        let survey = try Survey(draft, plan, for: phase, changed: StateDict(), surroundings)
        let inputs = try PhaseInputs(for: phase, of: survey, changed: StateDict(), surroundings)
        let trainer = try plan.trainer(
            of: phase, classes: train.classes, threads: surroundings.threads)
        let loss = try PhaseTrainer.loss(
            configuration.train, classes: train.classes, targets: inputs.train.targets)
        return try Self.curve(trainer, on: inputs.train, loss: loss, steps: steps, range: range, interrupter)
    }

    private static func curve(
        _ trainer: PhaseTrainer, on source: any BatchSource, loss: any Loss, steps: Int,
        range: ClosedRange<Double>, _ interrupter: Interrupter
    ) throws(GraftError) -> LearningRateCurve {
        var trainer = trainer
        var smoothed = SmoothedLoss(decay: 0.98)
        var rates: [Double] = []
        var losses: [Double] = []
        var epoch = 0
        let factor = log(range.upperBound / range.lowerBound) / Double(max(1, steps - 1))
        search: while rates.count < steps {
            epoch += 1
            let batches = trainer.batches(epoch, of: source)
            var pass = try source.pass(batches, epoch: epoch)
            while rates.count < steps, let batch = try pass.next() {
                try interrupter.check()
                let rate = range.lowerBound * exp(factor * Double(rates.count))
                do throws(GraftError) {
                    let moment = PhaseTrainer.Moment(epoch: epoch, step: rates.count + 1, of: steps)
                    let value = try trainer.propagate(batch, loss: loss, moment).value
                    let figure = smoothed.add(value.mean)
                    // As fastai does it: four times the best is an explosion.
                    if let best = losses.min(), figure > 4 * best { break search }
                    rates.append(rate)
                    losses.append(figure)
                    try trainer.step(nil, rate: rate, moment)
                } catch  where error.code == .diverged {
                    break search
                } catch {
                    throw error
                }
            }
        }
        return LearningRateCurve(rates: rates, losses: losses, isCutShort: rates.count < steps)
    }
}
