import Learning
import Zoo

/// How long an epoch of a phase takes: measured on two batches, with a trainer that is thrown away.
struct EpochEstimate {
    let survey: Survey
    let phase: ModelPlan.Phase
    /// Tensors that earlier phases have changed.
    let changed: StateDict
    let surroundings: RunSurroundings

    /// - Parameter inputs: what the phase reads, where that is there already.
    /// - Returns: nil where there are too few pictures to measure on, and where numbers are not finite already, which the
    ///   run itself will say.
    func seconds(_ inputs: PhaseInputs?) throws(GraftError) -> Double? {
        do throws(GraftError) { return try measured(inputs) } catch {
            guard error.code == .diverged else { throw error }
            return nil
        }
    }

    private func measured(_ inputs: PhaseInputs?) throws(GraftError) -> Double? {
        let settings = phase.training
        var trainer = try survey.plan.trainer(
            of: phase, changed: changed, classes: survey.classes, threads: surroundings.threads,
            ranks: surroundings.ranks)
        var read = inputs
        if read == nil {
            read = try PhaseInputs(
                for: phase, of: survey, changed: changed, sample: 2 * settings.batchSize, surroundings.silent)
        }
        guard let inputs = read else { return nil }
        let loss = try PhaseTrainer.loss(settings, classes: survey.classes, targets: inputs.train.targets)
        let batches = Array(trainer.batches(1, of: inputs.train).prefix(2))
        guard batches.allSatisfy({ $0.count > 1 }), let last = batches.last else { return nil }
        var pass = try inputs.train.pass(batches, epoch: 1, for: trainer.plan)
        // The first batch warms up caches and memory; the last one is counted.
        var (learnt, start) = (0.0, ContinuousClock.now)
        while let batch = try pass.next() {
            let moment = PhaseTrainer.Moment(epoch: 1, step: 1, of: 2)
            _ = try trainer.propagate(batch, loss: loss, moment)
            // A step takes as long whatever its length, and one of length 0 cannot lead to infinity.
            try trainer.step(nil, rate: 0, moment)
            learnt = (ContinuousClock.now - start) / .seconds(1)
            start = .now
        }
        var tested = 0.0
        if let test = inputs.test {
            let batch = Array(0..<min(test.count, settings.batchSize))
            start = .now
            var pass = try test.pass([batch], epoch: 0)
            while let batch = try pass.next() { _ = try trainer.plan.logits(batch.inputs) }
            tested = (ContinuousClock.now - start) / .seconds(1) / Double(batch.count)
        }
        return learnt / Double(last.count) * Double(survey.sets.train.count)
            + tested * Double(survey.sets.test.count)
    }
}
