public import RunConfiguration
import Data
package import Engine
import Images
import Inference
import Learning
import Weights
public import Zoo

/// From a configuration to a trained model with its report.
///
/// What stays frozen runs on the fast inference plan, once per picture where nothing random comes before it; what is
/// trained goes through the configuration's phases. The same configuration, pictures and weights give the same
/// `model.npz`, bit for bit, whatever the number of threads, whether features come from the cache, and however often the
/// run was stopped and resumed.
///
/// A run is four values, each made from the last: a survey, the inputs of each phase, the finished model, its files.
public struct TrainingRun: Sendable {
    /// How a run deals with one that was stopped in the same output directory.
    public enum Start: Sendable, Hashable {
        /// Begins anew.
        case new
        /// Goes on after the last whole epoch; the configuration, the pictures and the weights must be the same.
        case resuming
        /// The same, with a configuration that was changed on purpose.
        case resumingWithChanges
    }

    let configuration: TrainingConfiguration
    let registry: Registry
    private let threads: Int?
    private let cacheDirectory: String?
    private let memoryLimit: Int
    private let start: Start
    private let ranks: (any Ranks)?

    /// - Parameters:
    ///   - start: whether to go on with a run that was stopped (see `StoppedRun`).
    ///   - threads: nil for `GRAFT_THREADS`, or else the number of processors.
    ///   - cacheDirectory: where features are kept, if the configuration wants that; nil for Graft's own place.
    public init(
        _ configuration: TrainingConfiguration, registry: Registry, start: Start = .new, threads: Int? = nil,
        cacheDirectory: String? = nil
    ) {
        self.init(
            configuration, registry: registry, start: start, threads: threads, cacheDirectory: cacheDirectory,
            ranks: nil)
    }

    /// - Parameters:
    ///   - memoryLimit: bytes of features that are kept in memory.
    ///   - ranks: processes that do the same run together with this one. Rank 0 alone tells and writes; all throw the same
    ///     errors, but for those of one machine.
    package init(
        _ configuration: TrainingConfiguration, registry: Registry, start: Start = .new, threads: Int? = nil,
        cacheDirectory: String? = nil, memoryLimit: Int = PhaseInputs.memoryLimit,
        ranks: (any Ranks)? = nil
    ) {
        self.cacheDirectory = cacheDirectory
        self.configuration = configuration
        self.registry = registry
        self.start = start
        self.threads = threads
        self.memoryLimit = memoryLimit
        self.ranks = ranks
    }

    /// Runs to the end, on a thread of its own.
    ///
    /// Cancelling the task ends the run within an optimiser step or a picture, and leaves a checkpoint to resume from.
    /// - Parameter tell: called one at a time, on different threads; `events` is the same as a sequence.
    /// - Throws: `GraftError`; `.cancelled`. Nothing is left in the output directory then, but for a checkpoint where
    ///   training had begun.
    public func run(
        _ tell: @escaping @Sendable (TrainingEvent) -> Void = { _ in }
    ) async throws(GraftError) -> TrainingResult {
        try await onOwnThread { interrupter throws(GraftError) in
            try runHere(interrupter: interrupter, tell)
        }
    }

    /// Runs to the end on this thread.
    package func runHere(
        interrupter: Interrupter = Interrupter(), _ tell: @escaping @Sendable (TrainingEvent) -> Void = { _ in }
    ) throws(GraftError) -> TrainingResult {
        let surroundings = surroundings(interrupter, tell)
        var clock = PhaseClock()
        // What costs little is checked first: names and options, folders, the output.
        let draft = try RunDraft(configuration, registry: registry)
        var checkpoint: Checkpoint?
        if start != .new { checkpoint = try Checkpoint(output: configuration.output) }
        if let checkpoint { try checkConfiguration(checkpoint) }
        let agreement = ranks.map { RankAgreement(ranks: $0) }
        try agreement?.check(try RankAgreement.start(draft, checkpoint))
        let output = isWriter ? try OutputDirectory(path: configuration.output) : nil
        if let note = checkpoint?.makerNote { surroundings.tell(.note(note)) }
        if let output, checkpoint == nil, output.hasCheckpoint {
            tell(.note("the run that was stopped in \(output.path) is not resumed (that takes --resume)"))
        }
        surroundings.tell(
            .pictures(
                train: draft.train.pictures.count, test: draft.test?.pictures.count, task: draft.train.task,
                classes: draft.train.classes))
        clock.end("finding the pictures")

        let plan = try draft.plan(surroundings)
        clock.end("loading the weights")

        let first = plan.phases[min(checkpoint?.state.progress.phase ?? 0, plan.phases.count - 1)]
        let survey = try Survey(draft, plan, for: first, changed: checkpoint?.carried ?? StateDict(), surroundings)
        let identity = Checkpoint.Identity(
            pictures: survey.sets.sha256, weights: plan.base.sha256,
            precision: configuration.precision == .float32 ? nil : configuration.precision.rawValue)
        try agreement?.check(RankAgreement.survey(identity))
        try checkpoint?.check(identity, output: configuration.output)
        let total = draft.train.pictures.count + (draft.test?.pictures.count ?? 0)
        clock.end("reading pictures and computing features (\(survey.cached) of \(total) from the cache)")

        let journal = output.map {
            RunJournal(
                output: $0, identity: identity, metadata: survey.metadata,
                hasTensorBoard: configuration.train.tensorBoard)
        }
        try journal?.restore(checkpoint?.state.progress.history ?? [])
        var loop = PhaseLoop(survey: survey, surroundings: surroundings) {
            (record, trainer, course) throws(GraftError) in
            if let record { try agreement?.check(trainer, epoch: record.epoch) }
            try journal?.keep(record, trainer, course)
        }
        try loop.lookAtData()
        clock.end("looking for copies, doubtful labels and shortcuts")
        let model = try loop.model(from: checkpoint)
        clock.end(model.timing)

        if let output {
            let files = RunFiles(survey: survey, model: model, threads: threads)
            try files.writeModel(to: output)
            clock.end("writing the model")
            try files.writeReport(clock: clock, to: output)
            try output.write(configuration.text, to: "config.yaml")
            try output.commit()
        }
        return TrainingResult(
            model: PathText.join(configuration.output, "model.npz"), output: configuration.output, task: survey.task,
            classes: survey.classes,
            trainImages: survey.sets.train.count, testImages: survey.sets.test.count,
            seenTestImages: survey.sets.seen.count, skipped: survey.sets.skipped,
            notes: survey.sets.notes, seconds: clock.total, outline: model.outline, choice: model.choice,
            fineTuning: model.decision,
            fineTuningGain: model.paired, epochs: model.history, keptEpoch: model.keptEpoch,
            test: model.test?.assessment, train: model.train.assessment)
    }

    func surroundings(
        _ interrupter: Interrupter, _ tell: @escaping @Sendable (TrainingEvent) -> Void
    ) -> RunSurroundings {
        let isWriter = isWriter
        return RunSurroundings(
            threads: threads, cacheDirectory: cacheDirectory ?? CacheDirectory().path, memoryLimit: memoryLimit,
            ranks: ranks, interrupter: interrupter
        ) { event in
            if isWriter { tell(event) }
        }
    }

    /// Whether this process writes and tells.
    private var isWriter: Bool { ranks.map { $0.rank == 0 } ?? true }

    private func checkConfiguration(_ checkpoint: Checkpoint) throws(GraftError) {
        guard start == .resuming, checkpoint.configuration != configuration.text else { return }
        throw GraftError(
            .invalidData, "the configuration is not that of the run that was stopped", file: configuration.output,
            remedy: "resume with the one in its checkpoint; \(Checkpoint.whatMayChange)")
    }
}
