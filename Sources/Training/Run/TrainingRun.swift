import Engine
import Images
import Weights
public import Zoo

/// From a configuration to a trained model with its report.
///
/// What stays frozen runs on the fast inference plan, once per picture where nothing random comes before it; what is
/// trained goes through the configuration's phases. The same configuration, pictures and weights give the same
/// `model.npz`, bit for bit, whatever the number of threads, whether features come from the cache, and however often the
/// run was stopped and resumed.
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
    let threads: Int?
    let cacheDirectory: String?
    let memoryLimit: Int
    private let registry: Registry
    private let start: Start

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
            memoryLimit: PhaseInputs.memoryLimit)
    }

    /// - Parameter memoryLimit: bytes of features that are kept in memory.
    package init(
        _ configuration: TrainingConfiguration, registry: Registry, start: Start = .new, threads: Int? = nil,
        cacheDirectory: String? = nil, memoryLimit: Int
    ) {
        self.cacheDirectory = cacheDirectory ?? CacheDirectory().path
        self.configuration = configuration
        self.registry = registry
        self.start = start
        self.threads = threads
        self.memoryLimit = memoryLimit
    }

    /// Runs to the end. Blocks: call it from a thread of its own where others wait.
    /// - Throws: a `GraftError`. Nothing is left in the output directory then, but for a checkpoint
    ///   where an epoch was over.
    public func run(_ tell: @escaping @Sendable (TrainingEvent) -> Void = { _ in }) throws -> TrainingResult {
        var clock = PhaseClock()
        // What costs little is checked first: names and options, folders, the output.
        _ = try ModelPlan.phases(of: try describe(classCount: 2).graph(), configuration.train)
        let folder = try ImageFolder(path: configuration.data.train, classes: configuration.data.classes)
        let draft = try describe(classCount: folder.classes.count)
        let testFolder = try configuration.data.test.map { try ImageFolder(path: $0, testing: folder.classes) }
        let checkpoint = try start == .new ? nil : Checkpoint(output: configuration.output)
        try checkpoint.map(checkConfiguration)
        let output = try OutputDirectory(path: configuration.output)
        if let note = checkpoint?.makerNote { tell(.note(note)) }
        if checkpoint == nil, output.hasCheckpoint {
            tell(.note("the run that was stopped in \(output.path) is not resumed (that takes --resume)"))
        }
        tell(.pictures(train: folder.pictures.count, test: testFolder?.pictures.count, classes: folder.classes))
        clock.end("finding the pictures")

        let plan = try load(draft, tell)
        clock.end("loading the weights")

        let first = plan.phases[min(checkpoint?.state.progress.phase ?? 0, plan.phases.count - 1)]
        let survey = try survey(
            folder, testFolder, plan, first, changed: checkpoint?.carried ?? StateDict(), tell)
        let identity = Checkpoint.Identity(pictures: survey.sets.sha256, weights: plan.base.sha256)
        try checkpoint?.check(identity, output: output.path)
        clock.end("reading pictures and computing features (\(survey.cached) of \(survey.total) from the cache)")

        let learning = Learning(
            run: self, plan: plan, sets: survey.sets, classes: folder.classes, identity: identity, output: output,
            tell: tell)
        let model = try learning.model(survey.inputs, from: checkpoint)
        clock.end(model.timing)

        try writeModel(model, plan, to: output)
        clock.end("writing the model")
        try writeReport(model, plan, survey.sets, folder, clock: clock, to: output)
        try output.write(configuration.text, to: "config.yaml")
        try output.commit()
        return TrainingResult(
            model: output.finalPath("model.npz"), output: output.path, classes: folder.classes,
            trainImages: survey.sets.train.count, testImages: survey.sets.test.count, skipped: survey.sets.skipped,
            notes: survey.sets.notes, seconds: clock.total, outline: model.outline, epochs: model.history,
            keptEpoch: model.keptEpoch, test: model.test?.evaluation, train: model.train.evaluation)
    }

    /// Finds the backbone's weights.
    func load(_ draft: Model, _ tell: @escaping @Sendable (TrainingEvent) -> Void) throws -> ModelPlan {
        let base = try BaseWeights.resolve(
            configuration.weights, for: draft.backbone, prefix: try draft.graph().prefix(through: Model.pooledStage),
            seed: configuration.train.seed, isPartial: configuration.partial, registry: registry
        ) { tell(.download($0)) }
        tell(.weights(name: base.name, origin: base.origin))
        return try ModelPlan(
            model: draft, base: base,
            preprocessing: try configuration.preprocessing.applied(to: base.preprocessing),
            settings: configuration.train)
    }

    private func checkConfiguration(_ checkpoint: Checkpoint) throws(GraftError) {
        guard start == .resuming, checkpoint.configuration != configuration.text else { return }
        throw GraftError(
            .invalidData, "the configuration is not that of the run that was stopped", file: configuration.output,
            remedy: "resume with the one in its checkpoint")
    }

    /// The model that the configuration describes.
    func describe(classCount: Int) throws(GraftError) -> Model {
        let backbone = try registry.backbone(configuration.backbone)
        let head = try registry.head(
            configuration.head.kind, options: Options(configuration.head.options, path: "head"), for: backbone)
        return try Model(backbone: backbone, pooling: configuration.pooling, head: head, classes: classCount)
    }
}

/// A run that was stopped after an epoch: what its checkpoint says.
public struct StoppedRun: Sendable {
    /// The directory.
    public let output: String
    /// The configuration as it was written, in YAML.
    public let configuration: String
    /// Epochs that are done.
    public let epochs: Int

    /// - Parameter output: the run's output directory.
    /// - Throws: `GraftError.file` where no run was stopped; `GraftError` for a damaged checkpoint.
    public init(output: String) throws {
        let checkpoint = try Checkpoint(output: output)
        self.output = output
        configuration = checkpoint.configuration
        epochs = checkpoint.state.progress.history.count
    }
}
