import Exchange
import Weights
import Zoo

/// A backbone's weights and what is known of them.
struct BaseWeights: Sendable {
    /// Those of the frozen part.
    var tensors: StateDict
    /// Over `tensors`: what a head trained on them is bound to.
    var sha256: String
    /// `efficientnet_lite0/imagenet1k`, a file, or `none`.
    var name: String
    var origin: String
    var licence: String
    var source: String
    var preprocessing: Preprocessing
    /// What a person should know about the choice.
    var note: String?

    /// Finds what a configuration asks for.
    /// - Parameters:
    ///   - choice: a pretrained entry, a file, `none`, or nil for the backbone's first entry.
    ///   - prefix: the graph whose parameters are needed.
    static func resolve(
        _ choice: String?, for backbone: any Backbone, prefix: Graph, seed: UInt64, registry: Registry,
        progress: @Sendable (WeightProgress) -> Void
    ) throws -> BaseWeights {
        if choice == "none" || choice == nil && backbone.pretrained.isEmpty {
            return random(backbone, prefix, seed: seed)
        }
        if let choice, !backbone.pretrained.contains(where: { $0.name == choice }), isFile(choice) {
            return try read(choice, backbone, prefix)
        }
        let entry = try backbone.pretrainedEntry(choice)
        let loaded = try registry.weights(of: entry, for: backbone, progress: progress)
        try LoadReport(loaded.tensors, for: prefix.parameters).check(file: loaded.origin, allowingUnexpected: true)
        var tensors = StateDict()
        for parameter in prefix.parameters { tensors[parameter.name] = loaded.tensors[parameter.name] }
        return BaseWeights(
            tensors: tensors, sha256: tensors.weightsSHA256, name: "\(backbone.name)/\(entry.name)",
            origin: loaded.origin, licence: entry.licence, source: entry.source, preprocessing: entry.preprocessing)
    }

    /// A word that can only be meant as a path.
    static func isFile(_ choice: String) -> Bool {
        let endings = [".npz", ".pth", ".pt", ".bin", ".safetensors", ".ckpt"]
        return choice.contains("/") || endings.contains { choice.lowercased().hasSuffix($0) }
            || Folder.kind(of: choice) == .file
    }

    private static func random(_ backbone: any Backbone, _ prefix: Graph, seed: UInt64) -> BaseWeights {
        let tensors = Initializer(seed: seed).fill(prefix)
        return BaseWeights(
            tensors: tensors, sha256: tensors.weightsSHA256, name: "none", origin: "random numbers, seed \(seed)",
            licence: "none", source: "random numbers", preprocessing: backbone.preprocessing,
            note: "the backbone's weights are random and stay so: expect little of its features")
    }

    private static func read(_ path: String, _ backbone: any Backbone, _ prefix: Graph) throws -> BaseWeights {
        let file = try WeightFile(path: path)
        let metadata = file.metadata
        if let metadata, metadata.backbone != backbone.name {
            throw TrainingError(
                .invalidModel, "the weights are another backbone's", file: path, expected: backbone.name,
                found: metadata.backbone, remedy: "set backbone: \(metadata.backbone)")
        }
        let own = Set(prefix.parameters.map(\.name))
        // A name that fits as it is comes first: a file of Graft's, or of the backbone's own naming.
        let tensors = try file.load { name in
            own.contains(name)
                ? name : backbone.parameterName(forCheckpointName: name).flatMap { own.contains($0) ? $0 : nil }
        }
        try LoadReport(tensors, for: prefix.parameters).check(file: path)
        return BaseWeights(
            tensors: tensors, sha256: tensors.weightsSHA256, name: Folder.name(of: path), origin: path,
            licence: metadata?.licence ?? "not stated", source: metadata?.source ?? "the file \(Folder.name(of: path))",
            preprocessing: metadata?.preprocessing ?? backbone.preprocessing)
    }
}
