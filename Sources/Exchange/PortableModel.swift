package import Engine
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
    /// What a person should know of a checkpoint's reading: what was chosen, left out, taken for granted.
    public let notes: [String]
    /// How plans of it compute what is not in 8 bits: what the file says, unless `computing(in:)` was asked for something else.
    package private(set) var precision = Precision.float32
    private let knownSHA256: String?

    /// SHA-256 over all tensors: equal for equal weights, whatever file they came in.
    public var weightsSHA256: String { knownSHA256 ?? tensors.weightsSHA256 }

    /// - Throws: `GraftError.mismatch` for tensors that do not fit the model; `GraftError` for a backbone or head that the
    ///   registry does not know.
    init(
        name: String, tensors: StateDict, metadata: ModelMetadata, notes: [String] = [], sha256: String?,
        registry: Registry
    ) throws(GraftError) {
        let model = try metadata.model(registry: registry, file: name)
        let graph: Graph
        do throws(GraftError) {
            graph = try model.graph(imageSize: Extent(metadata.preprocessing.crop))
        } catch {
            var error = error
            error.context.file = error.context.file ?? name
            throw error
        }
        try LoadReport(tensors, for: graph.parameters).check(file: name)
        var ordered = StateDict()
        for parameter in graph.parameters { ordered[parameter.name] = tensors[parameter.name] }
        self.name = name
        self.model = model
        self.tensors = ordered
        self.metadata = metadata
        self.notes = notes
        knownSHA256 = sha256
        precision = try metadata.reducedPrecision(of: graph, file: name)
    }

    /// Reads a model file, or gets pretrained weights.
    /// - Parameters:
    ///   - name: what `ModelReference` understands: a file that Graft wrote, or `efficientnet_b0`,
    ///     `efficientnet_b0/imagenet1k_v1`.
    ///   - progress: called while weights are downloaded.
    /// - Throws: `GraftError`: no such file or name, a file that is damaged, is a head alone or does not say what it is.
    public init(
        _ name: String, registry: Registry, progress: @Sendable (WeightProgress) -> Void = { _ in }
    ) throws(GraftError) {
        switch try ModelReference(name).target(in: registry) {
        case .file(let path):
            try self.init(try ImportedModel(path: path), name: path, registry: registry)
        case .pretrained(let backbone, let named):
            let entry = try backbone.entry(named)
            let weights = try registry.weights(of: entry, for: backbone, progress: progress)
            let head = try registry.head("linear", options: Options(path: "head"), for: backbone)
            let metadata = ModelMetadata(
                backbone: backbone.name, pooling: backbone.publishedPooling.rawValue,
                head: .init(kind: "linear", options: head.options), classes: entry.classes,
                preprocessing: entry.preprocessing, licence: entry.licence, source: entry.source)
            try self.init(
                name: "\(backbone.name)/\(entry.name)", tensors: weights.tensors, metadata: metadata,
                sha256: weights.sha256, registry: registry)
        }
    }

    /// A model in memory.
    /// - Parameter name: what messages call it.
    /// - Throws: `GraftError.mismatch` for tensors that do not fit, `GraftError` for a backbone or head that the registry
    ///   does not know.
    public init(_ imported: ImportedModel, name: String, registry: Registry) throws(GraftError) {
        var metadata = imported.metadata
        metadata.tensors = [:]
        metadata.weightsSHA256 = ""
        // Stated hashes were compared with the values when the file was read.
        let stated = imported.metadata.weightsSHA256
        try self.init(
            name: name, tensors: imported.tensors, metadata: metadata, notes: imported.notes,
            sha256: stated.isEmpty ? nil : stated, registry: registry)
    }

    /// The same model with a probe, where it has none.
    /// - Throws: `GraftError` for a model that does not run.
    public func probed() throws(GraftError) -> PortableModel {
        guard metadata.probe == nil else { return self }
        var metadata = metadata
        do throws(GraftError) {
            metadata.probe = try Probe.record(
                of: model, weights: tensors, preprocessing: metadata.preprocessing,
                quantization: metadata.quantization)
        } catch {
            var error = error
            error.context.file = error.context.file ?? name
            throw error
        }
        return PortableModel(self, tensors: tensors, metadata: metadata)
    }

    /// The same model, computed as `choice` says; nil for what its file says.
    /// - Throws: `GraftError.invalidValue` for 8 bits of a model that has none.
    package func computing(
        in choice: PrecisionChoice?, threads: Int? = nil, cache: CacheDirectory = CacheDirectory()
    ) throws(GraftError) -> PortableModel {
        guard let choice else { return self }
        let found = try choice.resolved(
            graph: try model.graph(imageSize: Extent(metadata.preprocessing.crop)), weights: tensors,
            sha256: weightsSHA256, quantization: metadata.quantization, threads: threads, name: name, cache: cache)
        var metadata = metadata
        metadata.quantization = found.quantization
        metadata.precision = nil
        var result = PortableModel(self, tensors: tensors, metadata: metadata)
        result.precision = found.precision
        return result
    }

    /// What a file says of a model with another head, trained on features that this one computes.
    package var featurePrecision: ModelMetadata.Reduced? {
        precision == .bfloat16
            ? ModelMetadata.Reduced(kind: precision.name, through: Model.pooledStage) : metadata.precision
    }

    /// The same layers with other numbers.
    package func replacing(tensors: StateDict, metadata: ModelMetadata) -> PortableModel {
        PortableModel(self, tensors: tensors, metadata: metadata)
    }

    init(_ other: PortableModel, tensors: StateDict, metadata: ModelMetadata) {
        name = other.name
        model = other.model
        self.tensors = tensors
        self.metadata = metadata
        notes = other.notes
        precision = other.precision
        knownSHA256 = tensors == other.tensors ? other.knownSHA256 : nil
    }
}
