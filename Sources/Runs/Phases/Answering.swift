import Engine
import Learning
import Zoo

/// A trained model's answers to what its last phase read: pooled features first, then logits.
struct Answering {
    /// From the cut to the pooled features; nil where the cut is there.
    private let body: InferencePlan?
    private let head: InferencePlan
    private let batchSize: Int
    private let ranks: (any Ranks)?

    /// - Parameter ranks: who answers some of the pictures each; nil for none.
    init(
        _ phase: ModelPlan.Phase, weights: StateDict, batchSize: Int, threads: Int?, ranks: (any Ranks)? = nil
    ) throws(GraftError) {
        self.batchSize = batchSize
        self.ranks = ranks
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
        return try collected(source, shape: body.outputShape, among: ranks) { images throws(GraftError) in
            try body.run(images)
        }
    }

    private func collected(
        _ source: any BatchSource, shape: [Int], among ranks: (any Ranks)? = nil,
        _ answer: (Tensor) throws(GraftError) -> Tensor
    ) throws(GraftError) -> LabeledFeatures {
        var rows: [Float] = []
        rows.reserveCapacity(source.count * shape.reduce(1, *))
        var pass = try source.pass(inBatchesOf: batchSize, isShared: ranks != nil)
        while let batch = try pass.next() {
            guard let ranks else {
                rows += try answer(batch.inputs).elements
                continue
            }
            rows += try ranks.answers(to: batch.inputs, width: shape.reduce(1, *), answer)
        }
        return LabeledFeatures(
            features: try Tensor(shape: [source.count] + shape, elements: rows), targets: source.targets)
    }

    func logits(of features: LabeledFeatures) throws(GraftError) -> Tensor { try head.run(features.features) }
}
