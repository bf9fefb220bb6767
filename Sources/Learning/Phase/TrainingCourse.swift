package import Zoo

/// How far a run is, and all that decides how it goes on beside the phase's own state. A checkpoint keeps it.
package struct TrainingCourse: Sendable {
    /// The part that is no tensor.
    package struct Progress: Sendable, Hashable, Codable {
        /// The phase that is being trained, from 0.
        package var phase = 0
        /// Epochs done in it.
        package var phaseEpochs = 0
        /// Whether early stopping has ended it.
        package var isStopped = false
        package var history: [EpochRecord] = []
        package var stopping = EarlyStoppingState.Memory()
        /// Where the phases follow from the data: what was decided; nil before.
        package var decision: FineTuningDecision?

        private enum CodingKeys: String, CodingKey {
            case phase = "phase"
            case phaseEpochs = "phaseEpochs"
            case isStopped = "isStopped"
            case history = "history"
            case stopping = "stopping"
            case decision = "decision"
        }
    }

    package init() {}

    package var progress = Progress()
    /// Nil without early stopping.
    package var stopping: EarlyStoppingState?
    /// Every tensor that earlier phases have changed.
    package var carried = StateDict()
    /// Every changed tensor in the best epoch; nil without early stopping, and before the first epoch.
    package var best: StateDict?

    /// The epoch whose weights are kept.
    package var keptEpoch: Int { stopping == nil ? progress.history.count : progress.stopping.bestEpoch }

    /// Runs what is left of a phase, and carries its weights on to the next.
    /// - Parameters:
    ///   - interrupter: looked at before every step.
    ///   - onTest: told what the test pictures were answered after an epoch, batch by batch.
    ///   - onEpoch: called after every epoch; an error it throws ends the training.
    package mutating func run(
        _ trainer: inout PhaseTrainer, on train: any BatchSource, test: (any BatchSource)?, loss: any Loss,
        interrupter: Interrupter = Interrupter(), onTest: ((TrainingBatch, Tensor) -> Void)? = nil,
        onEpoch: (EpochRecord, PhaseTrainer, TrainingCourse) throws(GraftError) -> Void
    ) throws(GraftError) {
        if progress.phaseEpochs == 0 {
            stopping?.beginPhase(after: progress.history.count)
            progress.stopping = stopping?.memory ?? progress.stopping
        }
        while progress.phaseEpochs < trainer.phase.epochs, !progress.isStopped {
            let start = ContinuousClock.now
            var record = try trainer.runEpoch(
                progress.history.count + 1, of: train, loss: loss, interrupter: interrupter)
            if let test { record.test(try trainer.measure(test, loss: loss, epoch: record.epoch, each: onTest)) }
            record.seconds = (ContinuousClock.now - start) / .seconds(1)
            progress.history.append(record)
            progress.phaseEpochs += 1
            if let verdict = stopping?.record(record) {
                progress.stopping = stopping?.memory ?? progress.stopping
                if verdict.isBest { best = changed(by: trainer) }
                progress.isStopped = verdict.stops
            }
            try onEpoch(record, trainer, self)
        }
        carried = best ?? changed(by: trainer)
        progress.phase += 1
        progress.phaseEpochs = 0
        progress.isStopped = false
    }

    private func changed(by trainer: PhaseTrainer) -> StateDict { carried.overlaid(by: trainer.keptWeights) }
}
