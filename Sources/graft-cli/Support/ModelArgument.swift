import Foundation
import Graft
import Weights
import Zoo

/// What a user may name where a model is wanted: a model file, or a registered backbone, perhaps with a pretrained entry
/// (`efficientnet_b0`, `efficientnet_b0/imagenet1k_v1`).
enum ModelArgument {
    case file(String)
    case backbone(any Backbone, entry: String?)

    /// A registered name wins over a file of the same name without extension.
    /// - Throws: `GraftError.unknownName` with the nearest name if it is neither.
    init(_ text: String, registry: Registry) throws {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        if let name = parts.first, parts.count <= 2, registry.backboneNames.contains(name) {
            self = .backbone(try registry.backbone(name), entry: parts.count == 2 ? parts[1] : nil)
        } else if FileManager.default.fileExists(atPath: text) || text.contains("/") || text.contains(".") {
            self = .file(text)
        } else {
            throw GraftError.unknown("backbone", text, among: registry.backboneNames)
        }
    }

    /// The description of the model, without its numbers.
    func description(registry: Registry, classes: Int? = nil) throws -> Model {
        switch self {
        case .backbone(let backbone, let entry):
            let published = try entry.map { try backbone.pretrainedEntry($0) } ?? backbone.pretrained.first
            let head = try registry.head("linear", options: Options(path: "head"), for: backbone)
            return try Model(backbone: backbone, head: head, outputs: classes ?? published?.classes.count ?? 1000)
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
    func preprocessing(registry: Registry) throws -> Preprocessing {
        switch self {
        case .backbone(let backbone, let entry):
            let published = try entry.map { try backbone.pretrainedEntry($0) } ?? backbone.pretrained.first
            return published?.preprocessing ?? backbone.preprocessing
        case .file(let path):
            let model = try description(registry: registry)
            return try WeightFile(path: path).metadata?.preprocessing ?? model.backbone.preprocessing
        }
    }

    /// The weights, as far as they are on this machine: empty where they would have to be downloaded.
    func weightsHere(registry: Registry) throws -> StateDict {
        switch self {
        case .file(let path): return try WeightFile(path: path).load()
        case .backbone(let backbone, let entry):
            guard let published = try entry.map({ try backbone.pretrainedEntry($0) }) ?? backbone.pretrained.first,
                let place = registry.place(of: published, backbone: backbone)
            else { return StateDict() }
            return try WeightFile(path: place).load()
        }
    }
}
