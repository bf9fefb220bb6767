import Engine
public import Exchange
public import Images
public import Weights
public import Zoo

/// A model in use: pictures in, answers out. Made from a model file, which holds all that is needed, or from a pretrained
/// name.
///
/// Answers are computed on Graft's own threads, never on those of Swift's tasks: one picture a thread while several wait,
/// all threads for one that is alone. They have the same bits whatever the number of threads and callers.
public struct LoadedModel: Sendable {
    /// The file, or backbone and entry.
    public var name: String { content.name }
    /// The backbone and the head.
    public var model: Model { content.model }
    /// The names of classes, labels or values in the order of the outputs.
    public var classes: [String] { metadata.classes }
    /// How pictures are prepared, as in training.
    public var preprocessing: Preprocessing { metadata.preprocessing }
    /// What the model says of itself.
    public var metadata: ModelMetadata { content.metadata }
    /// SHA-256 over all tensors: equal for equal weights, whatever file they came in.
    public var weightsSHA256: String { content.weightsSHA256 }
    /// Its tensors and their description, to be written elsewhere.
    public let content: PortableModel
    /// The most threads that one picture takes.
    public let threads: Int

    let graph: Graph
    let runner: PictureRunner
    let strangers: StrangerRunner?

    /// Loads a model on this thread.
    /// - Parameters:
    ///   - name: what `ModelReference` understands: a model file, or `efficientnet_lite0`, `efficientnet_lite0/imagenet1k`.
    ///   - threads: nil for `GRAFT_THREADS`, or else the number of processors.
    ///   - progress: called while weights are downloaded.
    /// - Throws: `GraftError`: no such file or name, a file that is damaged or does not fit, weights that cannot be had.
    public init(
        _ name: String, registry: Registry, threads: Int? = nil,
        progress: @Sendable (WeightProgress) -> Void = { _ in }
    ) throws(GraftError) {
        try self.init(try PortableModel(name, registry: registry, progress: progress), threads: threads)
    }

    /// A model in memory.
    /// - Parameters:
    ///   - name: what messages call it.
    ///   - threads: nil for `GRAFT_THREADS`, or else the number of processors.
    /// - Throws: `GraftError`: a backbone, head or pooling that the registry does not know, tensors that do not fit.
    public init(
        _ imported: ImportedModel, name: String = "the model", registry: Registry, threads: Int? = nil
    ) throws(GraftError) {
        try self.init(try PortableModel(imported, name: name, registry: registry), threads: threads)
    }

    /// A model in memory.
    /// - Parameter threads: nil for `GRAFT_THREADS`, or else the number of processors.
    /// - Throws: `GraftError` for a model without class names, or a number of threads that makes no sense.
    public init(_ content: PortableModel, threads: Int? = nil) throws(GraftError) {
        let metadata = content.metadata
        guard !metadata.classes.isEmpty else {
            throw GraftError(.invalidModel, "the model file names no classes", file: content.name)
        }
        self.content = content
        self.threads = try ThreadPool.count(threads)
        graph = try content.model.graph(imageSize: Extent(metadata.preprocessing.crop))
        runner = PictureRunner(
            plan: try InferencePlan(
                graph, weights: content.tensors, threads: self.threads, quantization: metadata.quantization,
                precision: content.precision), preprocessing: metadata.preprocessing)
        strangers = try StrangerRunner(content, graph: graph, threads: self.threads)
    }

    /// Loads a model on a thread of Graft's own; see `init(_:registry:threads:progress:)`.
    public static func load(
        _ name: String, registry: Registry, threads: Int? = nil,
        progress: @escaping @Sendable (WeightProgress) -> Void = { _ in }
    ) async throws(GraftError) -> LoadedModel {
        try await AnswerQueue.shared.run(workers: try ThreadPool.count(threads)) { _ in
            Result { () throws(GraftError) in
                try LoadedModel(name, registry: registry, threads: threads, progress: progress)
            }
        }
    }

    // MARK: answers

    /// What the model says of one picture.
    /// - Parameters:
    ///   - top: how many classes to name.
    ///   - decoding: whether a large JPEG file may be decoded at a part of its size.
    /// - Throws: `GraftError` for a picture that cannot be read; `.cancelled` where the task was cancelled before it was
    ///   answered.
    public func classify(
        _ input: PictureInput, top: Int = 5, decoding: PictureDecoding = .exact
    ) async throws(GraftError) -> Prediction {
        let (runner, strangers) = (answering.decoding(decoding), strangers)
        let reading = reading
        return try await AnswerQueue.shared.run(workers: threads) { turn in
            Result { () throws(GraftError) in
                let values = try runner.run(input, turn: turn)
                return try Self.prediction(input, values, reading, top: top, strangers, turn.threads)
            }
        }
    }

    /// What the model says of pictures, in their order.
    /// - Parameters:
    ///   - top: how many classes to name for each.
    ///   - decoding: whether large JPEG files may be decoded at a part of their size.
    ///   - progress: called after each picture, never on two threads at once.
    /// - Returns: the answers, and the pictures that could not be read.
    /// - Throws: `GraftError` `.cancelled` where the task was cancelled.
    public func classify(
        _ inputs: [PictureInput], top: Int = 5, decoding: PictureDecoding = .exact,
        progress: @Sendable (FeatureProgress) -> Void = { _ in }
    ) async throws(GraftError) -> Predictions {
        let (reading, strangers) = (reading, strangers)
        let answers = try await answers(to: inputs, by: answering.decoding(decoding), progress) {
            (input, values) throws(GraftError) in
            try Self.prediction(input, values, reading, top: top, strangers, 1)
        }
        return Predictions(predictions: answers.compactMap { try? $0.get() }, skipped: skipped(in: answers))
    }

    /// What the outputs mean.
    public var task: ModelTask { metadata.task }

    /// How outputs become answers.
    package var reading: AnswerReading { metadata.reading }

    /// What logits are divided by before they become probabilities.
    public var temperature: Double { metadata.temperature ?? 1 }

    /// Whether it tells pictures of none of its classes.
    public var knowsStrangers: Bool { strangers != nil }

    /// From a picture to logits, or to the pooled features that `strangers` reads.
    var answering: PictureRunner { strangers?.runner ?? runner }

    static func prediction(
        _ input: PictureInput, _ values: [Float], _ reading: AnswerReading, top: Int, _ strangers: StrangerRunner?,
        _ threads: Int
    ) throws(GraftError) -> Prediction {
        guard let strangers else {
            return Prediction(path: input.name, outputs: values, reading: reading, top: top)
        }
        let logits = try strangers.logits(values, threads: threads)
        return Prediction(path: input.name, outputs: logits, reading: reading, top: top) {
            strangers.isStranger(values, confidence: $0)
        }
    }

    /// The pooled features of pictures: what the head reads.
    /// - Returns: `[N, features]` of the pictures that could be read, their names, and the others.
    /// - Throws: `GraftError` `.cancelled` where the task was cancelled.
    public func embed(
        _ inputs: [PictureInput], progress: @Sendable (FeatureProgress) -> Void = { _ in }
    ) async throws(GraftError) -> Embedding {
        let runner = try embedding()
        let answers = try await answers(to: inputs, by: runner, progress) { $1 }
        let found = zip(inputs, answers).compactMap { input, answer in
            (try? answer.get()).map { (input.name, $0) }
        }
        let features = try Tensor(
            shape: [found.count, runner.plan?.outputShape.reduce(1, *) ?? 0], elements: found.flatMap(\.1))
        return Embedding(features: features, names: found.map(\.0), skipped: skipped(in: answers))
    }

    /// From a picture to its pooled features.
    func embedding() throws(GraftError) -> PictureRunner {
        let plan = try InferencePlan(
            try model.featureGraph(imageSize: Extent(preprocessing.crop)), weights: content.tensors, threads: threads,
            quantization: metadata.quantization, precision: content.precision)
        return PictureRunner(plan: plan, preprocessing: preprocessing)
    }

    /// What the model says of images that are prepared already.
    /// - Parameter images: `[N, H, W, 3]`, normalised, of the preprocessing's crop.
    /// - Returns: `[N, outputs]`
    /// - Throws: `GraftError` `.shapeMismatch` for images of another size; `.cancelled`.
    public func logits(of images: Tensor) async throws(GraftError) -> Tensor {
        let plan = runner.plan
        return try await AnswerQueue.shared.run(workers: threads) { turn in
            Result { () throws(GraftError) in
                guard let plan else { return images }
                return try plan.run(images, threads: turn.threads)
            }
        }
    }

    /// Every picture's values as `finish` makes them, or why there are none; in the order of the inputs.
    package func logits(
        of inputs: [PictureInput], decoding: PictureDecoding = .exact,
        progress: @Sendable (FeatureProgress) -> Void = { _ in }
    ) async throws(GraftError) -> [Result<[Float], SkippedFile>] {
        try await answers(to: inputs, by: runner.decoding(decoding), progress) { $1 }
    }

    private func answers<Answer: Sendable>(
        to inputs: [PictureInput], by runner: PictureRunner, _ progress: @Sendable (FeatureProgress) -> Void,
        finish: @escaping @Sendable (PictureInput, [Float]) throws(GraftError) -> Answer
    ) async throws(GraftError) -> [Result<Answer, SkippedFile>] {
        try await AnswerQueue.shared.map(count: inputs.count, workers: threads) { index, turn in
            let input = inputs[index]
            do throws(GraftError) {
                return .success(try finish(input, try runner.run(input, turn: turn)))
            } catch {
                return .failure(SkippedFile(path: input.name, error))
            }
        } done: {
            progress(FeatureProgress(done: $0, total: inputs.count, cached: 0))
        }
    }

    private func skipped<Answer>(in answers: [Result<Answer, SkippedFile>]) -> [SkippedFile] {
        answers.compactMap { if case .failure(let file) = $0 { file } else { nil } }
    }
}

/// The features of pictures.
public struct Embedding: Sendable {
    /// `[N, features]` of the pictures that could be read.
    public let features: Tensor
    /// Their names.
    public let names: [String]
    /// The others.
    public let skipped: [SkippedFile]
}
