public import Weights
public import Zoo

extension PortableModel {
    /// The head's tensors alone, and the model's description with the backbone's hash in it (`head_of`).
    ///
    /// The backbone is named after what the model was trained from, if its tensors are still those; after the model itself,
    /// by entry or file name, where they were trained on.
    /// - Throws: `GraftError` for a model without pooled features to cut at.
    func head() throws(GraftError) -> (tensors: StateDict, metadata: ModelMetadata) {
        let (prefix, suffix) = try model.graph(imageSize: Extent(metadata.preprocessing.crop))
            .cut(after: Model.pooledStage)
        let sha256 = tensors.subset(prefix.parameters).weightsSHA256
        var metadata = metadata
        let base = metadata.base.flatMap { $0.sha256 == sha256 ? $0.name : nil }
        let isPublished = model.backbone.pretrained.contains { "\(model.backbone.name)/\($0.name)" == name }
        let own = isPublished ? name : name.split(separator: "/").last.map(String.init) ?? name
        metadata.headOf = ModelMetadata.Base(name: base ?? own, sha256: sha256)
        return (tensors.subset(suffix.parameters), metadata)
    }

    /// Joins a head with the base that it was trained on.
    /// - Parameters:
    ///   - head: a file that `graft export --head-only` wrote.
    ///   - base: a pretrained name, or a file of weights.
    ///   - progress: called while the base is downloaded.
    /// - Throws: `GraftError.wrongBase` for any other base, `.invalidModel` for a file that is no head.
    public init(
        head: WeightFile, base: String, registry: Registry,
        progress: @Sendable (WeightProgress) -> Void = { _ in }
    ) throws(GraftError) {
        guard var metadata = head.metadata, metadata.headOf != nil else {
            throw GraftError(
                .invalidModel, "the file is no head alone", file: head.path,
                expected: "a file of graft export --head-only", remedy: "leave out --base")
        }
        let (prefix, suffix) = try metadata.model(registry: registry, file: head.path)
            .graph(imageSize: Extent(metadata.preprocessing.crop)).cut(after: Model.pooledStage)
        let own = try head.load()
        try LoadReport(own, for: suffix.parameters).check(file: head.path)
        let base = try BaseModel(
            base, for: metadata, file: head.path, prefix: prefix, registry: registry, progress: progress)
        var tensors = base.tensors
        for name in own.names { tensors[name] = own[name] }
        metadata.headOf = nil
        try self.init(ImportedModel(tensors: tensors, metadata: metadata), name: head.path, registry: registry)
    }
}

extension StateDict {
    /// Those of the parameters that are there, in their order.
    fileprivate func subset(_ parameters: [Parameter]) -> StateDict {
        var result = StateDict()
        for parameter in parameters { result[parameter.name] = self[parameter.name] }
        return result
    }
}
