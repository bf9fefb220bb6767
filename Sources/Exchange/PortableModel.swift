public import Weights
public import Zoo

/// A whole classifier in memory, from a file or a pretrained name: its layers, its numbers and what is known of them.
public struct PortableModel: Sendable {
    /// The file, or backbone and entry.
    public let name: String
    /// The layers.
    public let model: Model
    /// By the graph's names, in its order.
    public let tensors: StateDict
    /// What a model file says beside the numbers, the probe among it.
    public let metadata: ModelMetadata

    /// - Throws: `WeightsError.mismatch` for tensors that do not fit the model; `ZooError` for a backbone or head that the
    ///   registry does not know.
    init(name: String, tensors: StateDict, metadata: ModelMetadata, registry: Registry) throws {
        let model = try metadata.model(registry: registry)
        let graph = try model.graph(imageSize: Extent(metadata.preprocessing.crop))
        try LoadReport(tensors, for: graph.parameters).check(file: name)
        var ordered = StateDict()
        for parameter in graph.parameters { ordered[parameter.name] = tensors[parameter.name] }
        self.name = name
        self.model = model
        self.tensors = ordered
        self.metadata = metadata
    }

    /// Reads a model file, or gets pretrained weights.
    /// - Parameters:
    ///   - name: a file that Graft wrote, or a pretrained name: `efficientnet_b0`, `efficientnet_b0/imagenet1k_v1`.
    ///   - progress: called while weights are downloaded.
    /// - Throws: an `ExplainedError` of any module: no such file or name, a file that is damaged, is a head alone or does
    ///   not say what it is.
    public init(
        _ name: String, registry: Registry, progress: @Sendable (WeightProgress) -> Void = { _ in }
    ) throws {
        if let (backbone, entry) = try registry.pretrained(name) {
            let weights = try registry.weights(of: entry, for: backbone, progress: progress)
            let head = try registry.head("linear", options: Options(path: "head"), for: backbone)
            let metadata = ModelMetadata(
                backbone: backbone.name, pooling: Pooling.avg.rawValue,
                head: .init(kind: "linear", options: head.options), classes: entry.classes,
                preprocessing: entry.preprocessing, licence: entry.licence, source: entry.source)
            try self.init(
                name: "\(backbone.name)/\(entry.name)", tensors: weights.tensors, metadata: metadata, registry: registry)
        } else {
            try self.init(file: try WeightFile(path: name), registry: registry)
        }
    }

    /// Reads a file that Graft wrote, in any format.
    init(file: WeightFile, registry: Registry) throws {
        guard var metadata = file.metadata else {
            throw ExchangeError(
                .invalidModel, "the file does not say which model its weights are for", file: file.path,
                remedy: "say it: graft import \(file.path) model.npz --backbone NAME")
        }
        try Self.requireWhole(metadata, file: file.path)
        metadata.tensors = [:]
        metadata.weightsSHA256 = ""
        try self.init(name: file.path, tensors: try file.load(), metadata: metadata, registry: registry)
    }

    /// - Throws: `ExchangeError.invalidModel` for a head alone.
    public static func requireWhole(_ metadata: ModelMetadata, file: String) throws(ExchangeError) {
        guard let base = metadata.headOf else { return }
        throw ExchangeError(
            .invalidModel, "the file holds a head alone", file: file, expected: "a whole model",
            remedy: "join it with its base: graft import \(file) model.npz --base \(base.name)")
    }

    /// The same model with a probe, where it has none.
    /// - Throws: `EngineError` for a model that does not run.
    public func probed() throws -> PortableModel {
        guard metadata.probe == nil else { return self }
        var metadata = metadata
        metadata.probe = try Probe.record(of: model, weights: tensors, preprocessing: metadata.preprocessing)
        return PortableModel(self, tensors: tensors, metadata: metadata)
    }

    init(_ other: PortableModel, tensors: StateDict, metadata: ModelMetadata) {
        name = other.name
        model = other.model
        self.tensors = tensors
        self.metadata = metadata
    }
}
