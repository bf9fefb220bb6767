import Engine
import Exchange
import Graft
import Inference
import Weights
import Zoo

/// The model that a command is given, described without its numbers.
struct ModelArgument {
    private let target: ModelReference.Target

    /// - Throws: `GraftError` `.unknownName` with the nearest name if it is neither a file nor a registered name.
    init(_ text: String, registry: Registry) throws(GraftError) {
        target = try ModelReference(text).target(in: registry)
    }

    /// The description of the model.
    func description(registry: Registry, classes: Int? = nil) throws(GraftError) -> Model {
        switch target {
        case .pretrained(let backbone, let entry):
            let head = try registry.head("linear", options: Options(path: "head"), for: backbone)
            return try Model(
                backbone: backbone, pooling: backbone.publishedPooling, head: head,
                outputs: classes ?? entry?.classes.count ?? 1000)
        case .file(let path):
            guard let metadata = try WeightFile(path: path).metadata else {
                throw GraftError(
                    .invalidValue, "the file does not say what model it is of", file: path,
                    remedy: "convert it first: graft convert \(path) OUT.npz --backbone NAME")
            }
            return try metadata.model(registry: registry, classes: classes)
        }
    }

    /// How pictures are prepared for it.
    func preprocessing(registry: Registry) throws(GraftError) -> Preprocessing {
        switch target {
        case .pretrained(let backbone, let entry): return entry?.preprocessing ?? backbone.preprocessing
        case .file(let path):
            if let stated = try WeightFile(path: path).metadata?.preprocessing { return stated }
            return try description(registry: registry).backbone.preprocessing
        }
    }

    /// What a model file has in 8 bits.
    func quantization() throws(GraftError) -> Quantization? {
        guard case .file(let path) = target else { return nil }
        return try WeightFile(path: path).metadata?.quantization
    }

    /// How a model file says that it computes.
    func precision(of graph: Graph) throws(GraftError) -> Precision {
        guard case .file(let path) = target, let metadata = try WeightFile(path: path).metadata else { return .float32 }
        return try metadata.reducedPrecision(of: graph, file: path)
    }

    /// The weights, as far as they are on this machine: empty where they would have to be downloaded.
    func weightsHere(registry: Registry) throws(GraftError) -> StateDict {
        switch target {
        case .file(let path): return try WeightFile(path: path).load()
        case .pretrained(let backbone, let entry):
            guard let entry, let place = registry.place(of: entry, backbone: backbone) else { return StateDict() }
            return try WeightFile(path: place).load()
        }
    }
}
