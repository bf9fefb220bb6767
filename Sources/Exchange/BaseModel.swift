import Weights
import Zoo

/// The backbone that a head is joined with: published weights, or those of any file.
struct BaseModel: Sendable {
    /// `efficientnet_lite0/imagenet1k`, or the file.
    let name: String
    /// The tensors up to the pooled features, in the graph's order.
    let tensors: StateDict

    /// - Parameters:
    ///   - choice: a pretrained name or a file.
    ///   - graph: the joined model's, which says what is needed.
    /// - Throws: `GraftError.wrongBase` for another backbone than the head's.
    init(
        _ choice: String, for head: ModelMetadata, file: String, prefix: Graph, registry: Registry,
        progress: @Sendable (WeightProgress) -> Void
    ) throws(GraftError) {
        let found: StateDict
        switch try ModelReference(choice).target(in: registry) {
        case .pretrained(let backbone, let named):
            let entry = try backbone.entry(named)
            name = "\(backbone.name)/\(entry.name)"
            guard backbone.name == head.backbone else { throw Self.wrong(head, file: file, name) }
            found = try registry.weights(of: entry, for: backbone, progress: progress).tensors
        case .file(let path):
            let weights = try WeightFile(path: path)
            name = path
            if let other = weights.metadata?.backbone, other != head.backbone {
                throw Self.wrong(head, file: file, "\(path) (\(other))")
            }
            let backbone = try registry.backbone(head.backbone)
            let match = try CheckpointMatch(weights, for: prefix.parameters, of: backbone)
            try match.check()
            found = try match.load()
        }
        try LoadReport(found, for: prefix.parameters).check(file: name, allowingUnexpected: true)
        var tensors = StateDict()
        for parameter in prefix.parameters { tensors[parameter.name] = found[parameter.name] }
        self.tensors = tensors
        let sha256 = tensors.weightsSHA256
        if let base = head.headOf, base.sha256 != sha256 {
            throw Self.wrong(head, file: file, "\(name) (SHA-256 \(sha256))")
        }
    }

    private static func wrong(_ head: ModelMetadata, file: String, _ found: String) -> GraftError {
        let base = head.headOf
        return GraftError(
            .wrongBase, "the head was trained on another base", file: file,
            expected: base.map { "\($0.name) (SHA-256 \($0.sha256))" } ?? head.backbone, found: found,
            remedy: "name the base that the head was exported with")
    }
}
