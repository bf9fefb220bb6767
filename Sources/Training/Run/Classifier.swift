import Engine
import Exchange
import Images
public import Weights
public import Zoo

/// A trained model in use: pictures in, classes out. Made from a model file, which holds all that is needed, or from a
/// pretrained entry.
public struct Classifier: Sendable {
    /// The file, or backbone and entry.
    public let name: String
    /// The backbone and the head.
    public let model: Model
    /// The names in the order of the outputs.
    public let classes: [String]
    /// How pictures are prepared, as in training.
    public let preprocessing: Preprocessing
    /// What the model file says of itself; nil for a pretrained entry.
    public let metadata: ModelMetadata?
    private let graph: Graph
    private let weights: StateDict
    private let runner: PictureRunner
    private let threads: Int

    /// - Parameters:
    ///   - name: a model file, or a pretrained name: `efficientnet_lite0`, `efficientnet_lite0/imagenet1k`.
    ///   - threads: nil for `GRAFT_THREADS`, or else the number of processors.
    ///   - progress: called while weights are downloaded.
    /// - Throws: a `GraftError`: no such file or name, a file that is damaged or does not fit, weights
    ///   that cannot be had.
    public init(
        _ name: String, registry: Registry, threads: Int? = nil,
        progress: @Sendable (WeightProgress) -> Void = { _ in }
    ) throws {
        let known = registry.backboneNames
        let parts = name.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        if known.contains(parts[0]), Folder.kind(of: name) == nil {
            let backbone = try registry.backbone(parts[0])
            let entry = try backbone.pretrainedEntry(parts.count > 1 ? parts[1] : nil)
            let head = try registry.head("linear", options: Options(path: "head"), for: backbone)
            try self.init(
                name: "\(backbone.name)/\(entry.name)",
                model: try Model(backbone: backbone, head: head, classes: entry.classes.count),
                classes: entry.classes, preprocessing: entry.preprocessing, metadata: nil, threads: threads,
                weights: try registry.weights(of: entry, for: backbone, progress: progress).tensors)
        } else if BaseWeights.isFile(name) {
            try self.init(try ImportedModel(path: name), name: name, registry: registry, threads: threads)
        } else {
            // A mistyped name gets the nearest one.
            _ = try registry.backbone(name)
            throw GraftError(.invalidModel, "neither a model file nor a pretrained name", file: name)
        }
    }

    /// A model in memory.
    /// - Parameters:
    ///   - name: what messages call it.
    ///   - threads: nil for `GRAFT_THREADS`, or else the number of processors.
    /// - Throws: a `GraftError`: a backbone, head or pooling that the registry does not know, tensors that do not fit.
    public init(
        _ imported: ImportedModel, name: String = "the model", registry: Registry, threads: Int? = nil
    ) throws {
        let metadata = imported.metadata
        guard !metadata.classes.isEmpty else {
            throw GraftError(.invalidModel, "the model file names no classes", file: name)
        }
        try self.init(
            name: name, model: try metadata.model(registry: registry, file: name), classes: metadata.classes,
            preprocessing: metadata.preprocessing, metadata: metadata, threads: threads, weights: imported.tensors)
    }

    private init(
        name: String, model: Model, classes: [String], preprocessing: Preprocessing, metadata: ModelMetadata?,
        threads: Int?, weights: StateDict
    ) throws {
        let graph = try model.graph(imageSize: Extent(preprocessing.crop))
        try LoadReport(weights, for: graph.parameters).check(file: name)
        self.threads = try ThreadPool.count(threads)
        self.name = name
        self.model = model
        self.classes = classes
        self.preprocessing = preprocessing
        self.metadata = metadata
        self.graph = graph
        self.weights = weights
        runner = PictureRunner(
            plan: try InferencePlan(graph, weights: weights, threads: 1), preprocessing: preprocessing)
    }

    /// What the model says of pictures, in their order, one picture a thread on all cores. The answers do not depend on
    /// how many there are.
    /// - Parameters:
    ///   - paths: JPEG, PNG or WebP files.
    ///   - top: how many classes to name for each.
    ///   - decoding: whether large JPEG files may be decoded at a part of their size.
    ///   - progress: called after each picture, never on two threads at once.
    /// - Returns: the answers, and the pictures that could not be read.
    public func classify(
        _ paths: [String], top: Int = 5, decoding: PictureDecoding = .exact,
        progress: @Sendable (FeatureProgress) -> Void = { _ in }
    ) -> Predictions {
        let (predictions, skipped) = run(runner.decoding(decoding), paths, progress: progress) { path, logits in
            Prediction(path: path, logits: logits, classes: classes, top: top)
        }
        return Predictions(predictions: predictions.compactMap(\.self), skipped: skipped)
    }

    /// Counts how many pictures of a folder of class folders the model gets right.
    /// - Parameters:
    ///   - decoding: whether large JPEG files may be decoded at a part of their size.
    ///   - progress: called after each picture, never on two threads at once.
    /// - Throws: `GraftError.invalidData` for a folder without pictures, or with classes that the model lacks.
    public func evaluate(
        _ folder: String, decoding: PictureDecoding = .exact,
        progress: @Sendable (FeatureProgress) -> Void = { _ in }
    ) throws -> FolderEvaluation {
        let pictures = try ImageFolder(path: folder, testing: classes)
        let (rows, skipped) = run(
            runner.decoding(decoding), pictures.pictures.map(\.path), progress: progress
        ) { $1 }
        let answered = zip(pictures.pictures, rows).compactMap { picture, logits in logits.map { (picture, $0) } }
        guard !answered.isEmpty else {
            throw GraftError(
                .invalidData, "no picture can be read", file: folder, found: skipped.first?.reason)
        }
        let logits = try Tensor(shape: [answered.count, model.outputs], elements: answered.flatMap(\.1))
        return FolderEvaluation(
            evaluation: try Evaluation(logits: logits, labels: answered.map(\.0.label), classes: classes),
            skipped: skipped, notes: pictures.notes)
    }

    /// The pooled features of pictures: what the head reads.
    /// - Returns: `[N, features]` of the pictures that could be read, their paths, and the others.
    /// - Throws: `GraftError`, `GraftError`
    public func embed(
        _ paths: [String], progress: @Sendable (FeatureProgress) -> Void = { _ in }
    ) throws -> (features: Tensor, paths: [String], skipped: [SkippedFile]) {
        let plan = try InferencePlan(
            try graph.prefix(through: Model.pooledStage), weights: weights, threads: 1)
        let (rows, skipped) = run(
            PictureRunner(plan: plan, preprocessing: preprocessing), paths, progress: progress
        ) { $1 }
        let found = zip(paths, rows).compactMap { path, row in row.map { (path, $0) } }
        let features = try Tensor(
            shape: [found.count, plan.outputShape.reduce(1, *)], elements: found.flatMap(\.1))
        return (features, found.map(\.0), skipped)
    }

    /// The page of `graft predict --html`: each picture with its most probable classes.
    public func page(of predictions: Predictions) -> String {
        let paths = predictions.predictions.map(\.path)
        let cards = zip(predictions.predictions, Thumbnails.make(paths)).map { prediction, thumbnail in
            PictureCard(
                path: prediction.path, truth: nil,
                guesses: prediction.top.map { PictureCard.Guess(name: $0.name, probability: $0.probability) },
                thumbnail: thumbnail)
        }
        let folder = paths.first.flatMap { path in path.lastIndex(of: "/").map { String(path[..<$0]) } }
        return PredictionPage(
            model: name, cards: cards, skipped: predictions.skipped,
            sample: folder.flatMap(SampleMark.text(for:))
        ).html
    }

    /// What `finish` makes of each picture's path and values, on the thread that computed them; nil for those that could
    /// not be read.
    private func run<Answer: Sendable>(
        _ runner: PictureRunner, _ paths: [String], progress: @Sendable (FeatureProgress) -> Void,
        finish: @Sendable (String, [Float]) -> Answer
    ) -> (answers: [Answer?], skipped: [SkippedFile]) {
        let results = WorkerPool.map(count: paths.count, threads: threads) { index in
            runner.run(path: paths[index]).map { finish(paths[index], $0) }
        } done: {
            progress(FeatureProgress(done: $0, total: paths.count, cached: 0))
        }
        let skipped = results.compactMap { if case .failure(let file) = $0 { file } else { nil } }
        return (results.map { try? $0.get() }, skipped)
    }
}
