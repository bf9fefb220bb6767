import Engine
import Exchange
import Images
import Synchronization
import Training
import Weights
package import Zoo

/// A model in memory, as the server uses it: what `graft predict` would say of the same bytes, to the bit.
package struct EngineModel: ServedModel {
    package let description: ModelDescription
    private let preprocessing: Preprocessing
    private let plan: InferencePlan
    private let embedder: Embedder
    private let limits: ImageLimits

    /// Reads a model file or a pretrained entry, and runs it once.
    /// - Parameters:
    ///   - reference: as every command takes it.
    ///   - name: what the server calls it.
    ///   - pixels: the most that a picture may have.
    /// - Throws: a `GraftError`: no such file or name, a file that is damaged or does not fit.
    package init(
        _ reference: String, name: String, registry: Registry, threads: Int, pixels: Int,
        progress: @Sendable (WeightProgress) -> Void = { _ in }
    ) throws {
        let known = registry.backboneNames
        let parts = reference.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        let model: Model, classes: [String], weights: StateDict
        if known.contains(parts[0]) {
            let backbone = try registry.backbone(parts[0])
            let entry = try backbone.pretrainedEntry(parts.count > 1 ? parts[1] : nil)
            let head = try registry.head("linear", options: Options(path: "head"), for: backbone)
            model = try Model(backbone: backbone, head: head, classes: entry.classes.count)
            classes = entry.classes
            preprocessing = entry.preprocessing
            weights = try registry.weights(of: entry, for: backbone, progress: progress).tensors
        } else {
            let imported = try ImportedModel(path: reference)
            model = try imported.metadata.model(registry: registry, file: reference)
            classes = imported.metadata.classes
            preprocessing = imported.metadata.preprocessing
            weights = imported.tensors
        }
        let graph = try model.graph(imageSize: Extent(preprocessing.crop))
        try LoadReport(weights, for: graph.parameters).check(file: reference)
        plan = try InferencePlan(graph, weights: weights, threads: threads)
        let pooled = try graph.prefix(through: Model.pooledStage)
        embedder = Embedder(graph: pooled, weights: weights, threads: threads)
        limits = ImageLimits(pixels: pixels)
        description = ModelDescription(
            name: name, classes: classes, height: preprocessing.crop, width: preprocessing.crop, logits: model.outputs,
            features: try pooled.shapes(input: pooled.inputShape).last?.reduce(1, *) ?? 0,
            sha256: weights.weightsSHA256, backbone: model.backbone.name)
        // Memory is taken and weights are touched before the first client waits for it.
        _ = try answer(
            values: [Float](repeating: 0, count: plan.inputShape.reduce(1, *)), threads: threads, embedding: false)
    }

    package func answer(
        picture: [UInt8], name: String, threads: Int, embedding: Bool
    ) throws(GraftError) -> PictureAnswer {
        var times = StageTimes()
        let start = ContinuousClock.now
        let picture = try Picture(bytes: picture, name: name, limits: limits)
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
        let logits = try plan.run(input, threads: threads).elements
        guard logits.allSatisfy(\.isFinite) else {
            throw GraftError(.value, "the network's answer is not a finite number")
        }
        let features = embedding ? try embedder.run(input, threads: threads) : []
        times.run = .now - start
        return PictureAnswer(
            logits: logits, probabilities: Self.probabilities(logits, classes: description.classes.count),
            embedding: features, times: times)
    }

    /// The softmax; of one logit for two classes the sigmoid, as `graft predict` has it.
    private static func probabilities(_ logits: [Float], classes: Int) -> [Double] {
        let scores: [Double] =
            logits.count > 1
            ? logits.map(Double.init) : classes == 1 ? [Double(logits[0]), 0] : [0, Double(logits[0])]
        return Array(softmax(scores).probabilities.prefix(classes))
    }
}

/// The way to the pooled features, made when somebody asks for them.
private final class Embedder: Sendable {
    private let graph: Graph
    private let weights: StateDict
    private let threads: Int
    private let plan = Mutex<InferencePlan?>(nil)

    init(graph: Graph, weights: StateDict, threads: Int) {
        self.graph = graph
        self.weights = weights
        self.threads = threads
    }

    func run(_ input: Tensor, threads most: Int) throws(GraftError) -> [Float] {
        let plan = try plan.withLock { known throws(GraftError) in
            if let known { return known }
            let made = try InferencePlan(graph, weights: weights, threads: threads)
            known = made
            return made
        }
        return try plan.run(input, threads: most).elements
    }
}
