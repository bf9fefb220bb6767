import Images
import Weights
public import Zoo

/// From a configuration to a trained model with its report.
///
/// The backbone stays frozen: its features are computed once per picture, on all cores, and only the head learns. The same
/// configuration, pictures and weights give the same `model.npz`, bit for bit, whatever the number of threads and whether
/// features come from the cache.
public struct TrainingRun: Sendable {
    let configuration: TrainingConfiguration
    private let registry: Registry
    private let threads: Int?
    private let cacheDirectory: String?

    /// - Parameters:
    ///   - threads: nil for `GRAFT_THREADS`, or else the number of processors.
    ///   - cacheDirectory: where features are kept, if the configuration wants that; nil for Graft's own place.
    public init(
        _ configuration: TrainingConfiguration, registry: Registry, threads: Int? = nil, cacheDirectory: String? = nil
    ) {
        self.cacheDirectory = cacheDirectory ?? CacheDirectory().path
        self.configuration = configuration
        self.registry = registry
        self.threads = threads
    }

    /// Runs to the end. Blocks: call it from a thread of its own where others wait.
    /// - Throws: an `ExplainedError` of any module. Nothing is left in the output directory then.
    public func run(_ tell: @escaping @Sendable (TrainingEvent) -> Void = { _ in }) throws -> TrainingResult {
        var clock = PhaseClock()
        // What costs little is checked first: names and options, folders, the output.
        _ = try describe(classCount: 2)
        let folder = try ImageFolder(path: configuration.data.train, classes: configuration.data.classes)
        let draft = try describe(classCount: folder.classes.count)
        let testFolder = try configuration.data.test.map { try ImageFolder(path: $0, testing: folder.classes) }
        let output = try OutputDirectory(path: configuration.output)
        tell(.pictures(train: folder.pictures.count, test: testFolder?.pictures.count, classes: folder.classes))
        clock.end("finding the pictures")

        let base = try BaseWeights.resolve(
            configuration.weights, for: draft.backbone, prefix: try draft.graph().prefix(through: Model.pooledStage),
            seed: configuration.train.seed, isPartial: configuration.partial, registry: registry
        ) { tell(.download($0)) }
        tell(.weights(name: base.name, origin: base.origin))
        let plan = try Plan(
            model: draft, base: base,
            preprocessing: try configuration.preprocessing.applied(to: base.preprocessing))
        clock.end("loading the weights")

        let pictures = try gather(folder, testFolder, plan, tell)
        clock.end("reading pictures and computing features (\(pictures.cached) of \(pictures.total) from the cache)")

        let head = try learn(plan, pictures, folder.classes) { (record, total) throws(TrainingError) in
            try output.append(Self.json(record), to: "metrics.jsonl")
            tell(.epoch(record, of: total))
        }
        let train = try head.evaluate(pictures.train)
        let test = try pictures.test.map { try head.evaluate($0) }
        clock.end("\(counted(head.history.count, "epoch")) of the head")

        try writeModel(head, plan, featureMean: pictures.train.mean, train: train, test: test, to: output)
        clock.end("writing the model")
        try writeReport(head, plan, pictures, folder, train: train, test: test, clock: clock, to: output)
        try output.write(configuration.text, to: "config.yaml")
        try output.commit()
        return TrainingResult(
            model: output.finalPath("model.npz"), output: output.path, classes: folder.classes,
            trainImages: pictures.train.count, testImages: pictures.test?.count ?? 0, skipped: pictures.skipped,
            notes: pictures.notes, seconds: clock.total, epochs: head.history, keptEpoch: head.bestEpoch, test: test,
            train: train)
    }

    /// The model and where it is cut.
    struct Plan {
        let model: Model
        let base: BaseWeights
        let preprocessing: Preprocessing
        let graph: Graph
        let prefix: Graph
        let suffix: Graph

        init(model: Model, base: BaseWeights, preprocessing: Preprocessing) throws(ZooError) {
            self.model = model
            self.base = base
            self.preprocessing = preprocessing
            graph = try model.graph(imageSize: Extent(preprocessing.crop))
            (prefix, suffix) = try graph.cut(after: Model.pooledStage)
        }
    }

    /// The pictures of a run, with their features.
    struct Pictures {
        let trainItems: [FeatureSet.Item]
        let testItems: [FeatureSet.Item]
        let train: LabeledFeatures
        let test: LabeledFeatures?
        let skipped: [SkippedFile]
        let notes: [String]
        let cached: Int
        let total: Int
    }

    /// Reads every picture and divides them.
    private func gather(
        _ folder: ImageFolder, _ testFolder: ImageFolder?, _ plan: Plan,
        _ tell: @escaping @Sendable (TrainingEvent) -> Void
    ) throws -> Pictures {
        let extractor = try FeatureExtractor(
            prefix: plan.prefix, weights: plan.base.tensors, weightsSHA256: plan.base.sha256,
            preprocessing: plan.preprocessing, cache: configuration.cache ? cacheDirectory : nil)
        let all = folder.pictures + (testFolder?.pictures ?? [])
        let extraction = try extractor.extract(all.map(\.path), isStrict: configuration.strict, threads: threads) {
            tell(.features($0))
        }
        extraction.skipped.forEach { tell(.skipped($0)) }
        var train = FeatureSet(folder.pictures, extraction, from: 0)
        var test = FeatureSet(testFolder?.pictures ?? [], extraction, from: folder.pictures.count)
        try requirePictures(train, of: folder, extraction.skipped)
        if let testFolder, test.items.isEmpty {
            throw TrainingError(
                .invalidData, "no test picture can be read", file: testFolder.path,
                found: extraction.skipped.last?.reason)
        }
        var notes = folder.notes + (testFolder?.notes ?? []) + plan.base.notes
        if testFolder == nil { (train, test) = split(train, folder.classes, &notes) }
        notes += [FeatureSet.leaks(train: train, test: test), train.contradictions()].compactMap { $0 }
        if let problem = extraction.cacheProblem { notes.append("features are not kept for the next run: \(problem)") }
        notes.forEach { tell(.note($0)) }
        guard let learnt = try train.labelled() else {
            throw TrainingError(.invalidData, "the folder has no pictures", file: folder.path)
        }
        return Pictures(
            trainItems: train.items, testItems: test.items, train: learnt, test: try test.labelled(),
            skipped: extraction.skipped, notes: notes, cached: extraction.cached, total: all.count)
    }

    /// The head, trained epoch by epoch or made in one pass.
    /// - Parameter onEpoch: called with every record and the number of epochs.
    private func learn(
        _ plan: Plan, _ pictures: Pictures, _ classes: [String],
        onEpoch: (EpochRecord, Int) throws(TrainingError) -> Void
    ) throws -> TrainedHead {
        try pictures.train.check("train", shape: plan.suffix.inputShape, classCount: classes.count)
        let made = try plan.model.head.fit(
            features: pictures.train.features, labels: pictures.train.labels, in: plan.model.headContext)
        let trainer = try HeadTrainer(
            head: plan.suffix, weights: made ?? StateDict(), classes: classes, settings: configuration.train)
        guard made == nil else {
            return try trainer.measure(pictures.train, test: pictures.test) { (record) throws(TrainingError) in
                try onEpoch(record, 1)
            }
        }
        return try trainer.train(pictures.train, test: pictures.test) { (record) throws(TrainingError) in
            try onEpoch(record, configuration.train.epochs)
        }
    }

    /// The model that the configuration describes.
    private func describe(classCount: Int) throws(ZooError) -> Model {
        let backbone = try registry.backbone(configuration.backbone)
        let head = try registry.head(
            configuration.head.kind, options: Options(configuration.head.options, path: "head"), for: backbone)
        return try Model(backbone: backbone, pooling: configuration.pooling, head: head, classes: classCount)
    }

    /// Every class needs a picture that can be read.
    private func requirePictures(_ set: FeatureSet, of folder: ImageFolder, _ skipped: [SkippedFile]) throws {
        let present = Set(set.items.map(\.picture.label))
        guard let empty = folder.classes.indices.first(where: { !present.contains($0) }) else { return }
        let path = folder.pictures.first { $0.label == empty }?.path ?? folder.path
        throw TrainingError(
            .invalidData, "no picture of class '\(folder.classes[empty])' can be read", file: path,
            found: skipped.first { $0.path == path }?.reason, remedy: "replace its pictures, or remove the class folder"
        )
    }

    private func split(
        _ set: FeatureSet, _ classes: [String], _ notes: inout [String]
    ) -> (train: FeatureSet, test: FeatureSet) {
        let fraction = configuration.data.split
        let held = StratifiedSplit.heldOut(
            labels: set.items.map(\.picture.label), digests: set.items.map(\.digest), fraction: fraction,
            seed: configuration.train.seed)
        let train = FeatureSet(items: zip(set.items, held).filter { !$0.1 }.map(\.0))
        let test = FeatureSet(items: zip(set.items, held).filter(\.1).map(\.0))
        guard fraction > 0 else {
            notes.append("data.split is 0 and there is no data.test: nothing is known about new pictures")
            return (train, test)
        }
        notes.append(
            "\(counted(test.items.count, "picture")) of \(set.items.count) held out for testing "
                + "(\(NumberText.percent(fraction, digits: 0)) of every class, data.split)")
        let tested = Set(test.items.map(\.picture.label))
        let without = classes.indices.filter { !tested.contains($0) }.map { classes[$0] }
        if !without.isEmpty { notes.append("too few pictures to hold out any of \(ImageFolder.list(without))") }
        return (train, test)
    }
}
