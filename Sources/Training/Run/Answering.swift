import Engine
import Zoo

/// A trained model's answers to what its last phase read: pooled features first, then logits.
struct Answering {
    /// From the cut to the pooled features; nil where the cut is there.
    private let body: InferencePlan?
    private let head: InferencePlan
    private let batchSize: Int

    init(_ phase: ModelPlan.Phase, weights: StateDict, batchSize: Int, threads: Int?) throws {
        self.batchSize = batchSize
        let isHead = phase.cut == Model.pooledStage
        let (prefix, suffix) = isHead ? (nil, phase.suffix) : try Self.cut(phase.suffix)
        body = try prefix.map { try InferencePlan($0, weights: weights, threads: threads) }
        head = try InferencePlan(suffix, weights: weights, threads: threads)
    }

    private static func cut(_ graph: Graph) throws(GraftError) -> (Graph?, Graph) {
        let (prefix, suffix) = try graph.cut(after: Model.pooledStage)
        return (prefix, suffix)
    }

    func features(of source: any BatchSource) throws -> LabeledFeatures {
        guard let body else {
            if let features = source as? LabeledFeatures { return features }
            return try collected(source, shape: head.inputShape) { $0 }
        }
        return try collected(source, shape: body.outputShape) { try body.run($0) }
    }

    private func collected(
        _ source: any BatchSource, shape: [Int], _ answer: (Tensor) throws -> Tensor
    ) throws -> LabeledFeatures {
        var rows: [Float] = []
        rows.reserveCapacity(source.count * shape.reduce(1, *))
        var pass = try source.pass(inBatchesOf: batchSize)
        while let batch = try pass.next() { rows += try answer(batch.inputs).elements }
        return LabeledFeatures(
            features: try Tensor(shape: [source.count] + shape, elements: rows), labels: source.labels)
    }

    func logits(of features: LabeledFeatures) throws -> Tensor { try head.run(features.features) }
}
