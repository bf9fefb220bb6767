package import Weights
package import Zoo

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// An image classifier's folder as model hubs keep it: `config.json` of Hugging Face's transformers or of timm, beside the
/// weights.
///
/// Neither description names a network as Graft does; which one the tensors are of, their names and shapes say.
package struct HubFolder: Sendable {
    let path: String
    /// The weights.
    package let file: WeightFile
    /// `vit`, or the network's name in timm, without the training's tag and `tf_`.
    let architecture: String
    /// Whether convolutions are padded as TensorFlow does it, which timm's names say; nil for others' folders. Tensors do
    /// not show it.
    let padsAsTensorFlow: Bool?
    /// In the order of the outputs; nil where they are only counted.
    let classes: [String]?
    /// How pictures are prepared, as the folder says; nil where it does not.
    let preprocessing: Preprocessing?
    let licence: String?
    /// What a person should know of the reading.
    let notes: [String]
    /// What its layer norms add to the variance, where that is said.
    let epsilon: Double?

    /// Whether the path is a folder that has a `config.json`.
    package static func isOne(_ path: String) -> Bool { FileSystem.exists(PathText.join(path, configName)) }

    private static let configName = "config.json"
    private static let weightNames = ["model.safetensors", "pytorch_model.bin"]
    /// The longest description that is read: of a hundred thousand classes.
    private static let sizeLimit = 16 << 20

    /// - Throws: `GraftError`: a description that cannot be read or is not an image classifier's, no weights.
    package init(path: String) throws(GraftError) {
        self.path = path
        let place = PathText.join(path, Self.configName)
        let config = try Self.read(HubConfig.self, place)
        guard let name = config.architecture ?? config.modelType else {
            throw GraftError(
                .invalidModel, "the description does not say which network it is of", file: place,
                expected: "a key 'model_type' (transformers) or 'architecture' (timm)")
        }
        let untagged = name.prefix { $0 != "." }
        let isTensorFlows = untagged.hasPrefix("tf_")
        padsAsTensorFlow = config.architecture == nil ? nil : isTensorFlows
        architecture = String(isTensorFlows ? untagged.dropFirst(3) : untagged)
        classes = try config.classes(file: place)
        guard let weights = Self.weightNames.first(where: { FileSystem.exists(PathText.join(path, $0)) }) else {
            let index = Self.weightNames.map { $0 + ".index.json" }.first {
                FileSystem.exists(PathText.join(path, $0))
            }
            throw GraftError(
                .invalidModel, index == nil ? "no weights beside the description" : "the weights are in several files",
                file: path, expected: Self.weightNames.joined(separator: " or "), found: index,
                remedy: index == nil
                    ? nil : "save the model in one file: save_pretrained(FOLDER, max_shard_size=\"100GB\")")
        }
        file = try WeightFile(path: PathText.join(path, weights))
        var notes: [String] = []
        if let timm = config.timm {
            preprocessing = try timm.preprocessing(file: place)
            licence = timm.licence
        } else {
            let place = PathText.join(path, HubPictures.name)
            preprocessing =
                FileSystem.exists(place)
                ? try Self.read(HubPictures.self, place).preprocessing(file: place, notes: &notes) : nil
            licence = nil
        }
        epsilon = config.epsilon
        self.notes = notes
    }

    private static func read<Value: Decodable>(_ type: Value.Type, _ path: String) throws(GraftError) -> Value {
        let file = try MappedFile(path: path)
        guard file.count <= sizeLimit else {
            throw GraftError(
                .tooLarge, "the description is too large", file: path, expected: "at most \(sizeLimit) bytes",
                found: "\(file.count)")
        }
        let bytes = try file.bytes(0..<file.count)
        do {
            return try JSONDecoder().decode(type, from: Data(bytes))
        } catch {
            throw GraftError(
                .damaged, "the description cannot be read", file: path, expected: "JSON",
                found: ModelMetadata.describe(error))
        }
    }
}
