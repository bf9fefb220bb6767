import Engine
import Exchange
import Weights
import Zoo

/// A model in two parts, so that pictures that are none of its classes can be told by their features.
struct StrangerRunner: Sendable {
    /// From a picture to pooled features.
    let runner: PictureRunner
    private let head: InferencePlan
    private let score: StrangerScore

    /// nil for a model without a yardstick.
    init?(_ content: PortableModel, graph: Graph, threads: Int) throws(GraftError) {
        guard let score = try StrangerScore(content.metadata.noneOfThese) else { return nil }
        let (prefix, suffix) = try graph.cut(after: Model.pooledStage)
        runner = PictureRunner(
            plan: try InferencePlan(
                prefix, weights: content.tensors, threads: threads, quantization: content.metadata.quantization,
                precision: content.precision),
            preprocessing: content.metadata.preprocessing)
        head = try InferencePlan(
            suffix, weights: content.tensors, threads: threads,
            precision: content.precision == .bfloat16 ? .bfloat16 : .float32)
        guard head.inputShape.reduce(1, *) == score.prototypes.width else {
            throw GraftError(
                .invalidModel, "the yardstick for strangers does not fit the model", file: content.name,
                expected: "\(head.inputShape.reduce(1, *)) features", found: "\(score.prototypes.width)")
        }
        self.score = score
    }

    func logits(_ features: [Float], threads: Int) throws(GraftError) -> [Float] {
        try head.run(try Tensor(shape: [1, features.count], elements: features), threads: threads).elements
    }

    func isStranger(_ features: [Float], confidence: Double) -> Bool {
        score.isStranger(score.score(features: features, confidence: confidence))
    }
}
