import Engine
import Learning
import Zoo

/// A trained model's answers to what its last phase read: pooled features first, then logits.
struct Answering {
    /// From the cut to the pooled features; nil where the cut is there.
    private let body: InferencePlan?
    private let head: InferencePlan
    private let batchSize: Int

    init(_ phase: ModelPlan.Phase, weights: StateDict, batchSize: Int, threads: Int?) throws(GraftError) {
        self.batchSize = batchSize
        let isHead = phase.cut == Model.pooledStage
        let (prefix, suffix) = isHead ? (nil, phase.suffix) : try Self.cut(phase.suffix)
        body = try prefix.map { graph throws(GraftError) in try InferencePlan(graph, weights: weights, threads: threads)
        }
        head = try InferencePlan(suffix, weights: weights, threads: threads)
    }

    private static func cut(_ graph: Graph) throws(GraftError) -> (Graph?, Graph) {
        let (prefix, suffix) = try graph.cut(after: Model.pooledStage)
        return (prefix, suffix)
    }

    func features(of source: any BatchSource) throws(GraftError) -> LabeledFeatures {
        guard let body else {
            return try collected(source, shape: head.inputShape) { $0 }
        }
        return try collected(source, shape: body.outputShape) { images throws(GraftError) in try body.run(images) }
    }

    private func collected(
        _ source: any BatchSource, shape: [Int], _ answer: (Tensor) throws(GraftError) -> Tensor
    ) throws(GraftError) -> LabeledFeatures {
        var rows: [Float] = []
        rows.reserveCapacity(source.count * shape.reduce(1, *))
        var pass = try source.pass(inBatchesOf: batchSize)
        while let batch = try pass.next() { rows += try answer(batch.inputs).elements }
        return LabeledFeatures(
            features: try Tensor(shape: [source.count] + shape, elements: rows), labels: source.labels)
    }

    func logits(of features: LabeledFeatures) throws(GraftError) -> Tensor { try head.run(features.features) }
}
