import Engine
package import Exchange
import Images
import Inference
import Synchronization
import Weights
package import Zoo

/// A model in memory, as the server uses it: what `graft predict` would say of the same bytes, to the bit.
package struct EngineModel: ServedModel {
    package let description: ModelDescription
    private let preprocessing: Preprocessing
    private let plan: InferencePlan
    private let embedder: Embedder
    private let limits: ImageLimits
    /// What tells pictures of none of the classes, and the head that answers their features; nil for a model that cannot.
    private let strangers: (score: StrangerScore, head: InferencePlan)?

    /// Nil for a network without a map.
    private let explainer: PictureExplainer?

    /// Layers, numbers and what is known of them.
    package let content: PortableModel

    /// Reads a model file or a pretrained entry, and runs it once.
    /// - Parameters:
    ///   - reference: as every command takes it.
    ///   - name: what the server calls it.
    ///   - pixels: the most that a picture may have.
    ///   - precision: nil for what its file says.
    /// - Throws: a `GraftError`: no such file or name, a file that is damaged or does not fit.
    package init(
        _ reference: String, name: String, registry: Registry, threads: Int, pixels: Int,
        precision: PrecisionChoice? = nil
    ) throws(GraftError) {
        try self.init(
            try PortableModel(reference, registry: registry).computing(in: precision, threads: threads), name: name,
            threads: threads, pixels: pixels)
    }

    /// A model in memory.
    package init(_ content: PortableModel, name: String, threads: Int, pixels: Int) throws(GraftError) {
        let (model, weights) = (content.model, content.tensors)
        self.content = content
        preprocessing = content.metadata.preprocessing
        let graph = try model.graph(imageSize: Extent(preprocessing.crop))
        plan = try InferencePlan(
            graph, weights: weights, threads: threads, quantization: content.metadata.quantization,
            precision: content.precision)
        let pooled = try model.featureGraph(imageSize: Extent(preprocessing.crop))
        embedder = Embedder(graph: pooled, content, threads: threads)
        limits = ImageLimits(pixels: pixels)
        if let score = try StrangerScore(content.metadata.noneOfThese) {
            strangers = (
                score,
                try InferencePlan(
                    try graph.cut(after: Model.pooledStage).suffix, weights: weights, threads: threads,
                    precision: content.precision == .bfloat16 ? .bfloat16 : .float32)
            )
        } else {
            strangers = nil
        }
        // Where a number comes from is nothing that a map of one class says.
        explainer =
            content.metadata.task == .regression
            ? nil
            : PictureExplainer(graph, weights: weights, preprocessing: preprocessing, limits: limits)
        var description = ModelDescription(
            name: name, classes: content.metadata.classes, height: preprocessing.crop, width: preprocessing.crop,
            logits: model.outputs,
            features: try pooled.shapes(input: pooled.inputShape).last?.reduce(1, *) ?? 0,
            task: .init(content.metadata.task), sha256: content.weightsSHA256, backbone: model.backbone.name)
        description.thresholds = content.metadata.thresholds ?? []
        description.explains = explainer != nil
        self.description = description
        // Memory is taken and weights are touched before the first client waits for it.
        _ = try answer(
            values: [Float](repeating: 0, count: plan.inputShape.reduce(1, *)), threads: threads, embedding: false)
    }

    package func answer(
        picture: [UInt8], name: String, threads: Int, embedding: Bool
    ) throws(GraftError) -> PictureAnswer {
        var times = StageTimes()
        let start = ContinuousClock.now
        let picture = try Picture(bytes: picture, name: name, limits: limits, color: preprocessing.color)
        let decoded = ContinuousClock.now
        let tensor = preprocessing.normalized(try preprocessing.crop(of: picture))
        let prepared = ContinuousClock.now
        times.decode = decoded - start
        times.resize = prepared - decoded
        return try answer(tensor, threads: threads, embedding: embedding, times: times)
    }

    package func answer(values: [Float], threads: Int, embedding: Bool) throws(GraftError) -> PictureAnswer {
        let tensor = try Tensor(shape: [1] + plan.inputShape, elements: values)
        return try answer(tensor, threads: threads, embedding: embedding, times: StageTimes())
    }

    private func answer(
        _ input: Tensor, threads: Int, embedding: Bool, times: StageTimes
    ) throws(GraftError) -> PictureAnswer {
        var times = times
        let start = ContinuousClock.now
        let features = embedding || strangers != nil ? try embedder.run(input, threads: threads) : []
        let logits: [Float]
        if let strangers {
            let row = try Tensor(shape: [1, features.count], elements: features)
            logits = try strangers.head.run(row, threads: threads).elements
        } else {
            logits = try plan.run(input, threads: threads).elements
        }
        guard logits.allSatisfy(\.isFinite) else {
            throw GraftError(.value, "the network's answer is not a finite number")
        }
        times.run = .now - start
        let probabilities = content.metadata.reading.figures(logits)
        return PictureAnswer(
            logits: logits, probabilities: probabilities, embedding: features,
            isStranger: strangers.map { strangers in
                let confidence = probabilities.max() ?? 0
                return strangers.score.isStranger(strangers.score.score(features: features, confidence: confidence))
            }, times: times)
    }

    package func map(of picture: [UInt8], name: String, label: Int?) throws(GraftError) -> [UInt8] {
        guard let explainer else { throw ServingService.unexplained }
        return try explainer.map(of: picture, name: name, label: label, longSide: 640)
    }

    /// The pooled features of a picture.
    package func features(of picture: [UInt8], threads: Int) throws(GraftError) -> [Float] {
        let picture = try Picture(bytes: picture, name: "picture", limits: limits, color: preprocessing.color)
        return try embedder.run(preprocessing.normalized(try preprocessing.crop(of: picture)), threads: threads)
    }
}

/// The way to the pooled features, made when somebody asks for them.
private final class Embedder: Sendable {
    private let graph: Graph
    private let content: PortableModel
    private let threads: Int
    private let plan = Mutex<InferencePlan?>(nil)

    init(graph: Graph, _ content: PortableModel, threads: Int) {
        self.graph = graph
        self.content = content
        self.threads = threads
    }

    func run(_ input: Tensor, threads most: Int) throws(GraftError) -> [Float] {
        let plan = try plan.withLock { known throws(GraftError) in
            if let known { return known }
            let made = try InferencePlan(
                graph, weights: content.tensors, threads: threads, quantization: content.metadata.quantization,
                precision: content.precision)
            known = made
            return made
        }
        return try plan.run(input, threads: most).elements
    }
}
