import Zoo

/// How long an epoch of a phase takes: measured on two batches, with a trainer that is thrown away.
struct EpochEstimate {
    let learning: Learning
    let phase: ModelPlan.Phase
    let course: TrainingCourse

    /// - Parameter inputs: what the phase reads, where that is there already.
    /// - Returns: nil where there are too few pictures to measure on, and where numbers are not finite already, which the
    ///   run itself will say.
    func seconds(_ inputs: PhaseInputs?) throws -> Double? {
        do { return try measured(inputs) } catch let error as GraftError where error.code == .diverged {
            return nil
        }
    }

    private func measured(_ inputs: PhaseInputs?) throws -> Double? {
        let settings = learning.run.configuration.train
        var trainer = try learning.trainer(of: phase, course)
        let inputs = try inputs ?? sampleInputs(2 * settings.batchSize)
        let loss = try PhaseTrainer.loss(settings, classes: learning.classes, labels: inputs.train.labels)
        let batches = Array(trainer.batches(1, of: inputs.train).prefix(2))
        guard batches.allSatisfy({ $0.count > 1 }), let last = batches.last else { return nil }
        var pass = try inputs.train.pass(batches, epoch: 1)
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
        return learnt / Double(last.count) * Double(learning.sets.train.count)
            + tested * Double(learning.sets.test.count)
    }

    /// What a later phase would read of a few pictures.
    private func sampleInputs(_ count: Int) throws -> PhaseInputs {
        var sets = learning.sets
        sets.train = Array(sets.train.prefix(count))
        sets.test = Array(sets.test.prefix(count / 2))
        return try learning.run.inputs(for: phase, learning.plan, sets, changed: course.carried) { _ in }
    }
}
