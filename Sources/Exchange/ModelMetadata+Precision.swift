package import Engine
package import Weights
package import Zoo

extension ModelMetadata {
    /// How plans of the model compute.
    /// - Throws: `GraftError.unsupported` for a kind that this version does not know, `.invalidModel` for a stage that the
    ///   model does not have.
    package func reducedPrecision(of graph: Graph, file: String) throws(GraftError) -> Precision {
        guard let precision else { return .float32 }
        guard precision.kind == Precision.bfloat16.name else {
            throw GraftError(
                .unsupported, "the model computes in a precision that this version does not know", file: file,
                member: "precision", expected: Precision.bfloat16.name, found: "'\(precision.kind)'",
                remedy: "update Graft")
        }
        let pooled = graph.stages.first { $0.name == Model.pooledStage }?.node
        let known = graph.stages.filter { stage in pooled.map { stage.node <= $0 } ?? true }
        guard known.contains(where: { $0.name == precision.through }) else {
            throw GraftError(
                .invalidModel, "the model computes in bf16 up to a stage that it does not have", file: file,
                member: "precision", expected: known.map(\.name).joined(separator: ", "),
                found: "'\(precision.through)'")
        }
        return .bfloat16Through(precision.through)
    }
}
