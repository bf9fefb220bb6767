import Engine
import Exchange
import Weights
package import Zoo

/// A backbone's weights and what is known of them.
package struct BaseWeights: Sendable {
    /// Those of the frozen part.
    package var tensors: StateDict
    /// Over `tensors`: what a head trained on them is bound to.
    package var sha256: String
    /// `efficientnet_lite0/imagenet1k`, a file, or `none`.
    package var name: String
    package var origin: String
    package var licence: String
    package var source: String
    package var preprocessing: Preprocessing
    /// What its file has in 8 bits.
    package var quantization: Quantization?
    /// What a person should know about the choice.
    package var notes: [String] = []

    /// Finds what a configuration asks for.
    /// - Parameters:
    ///   - choice: a pretrained entry, a file, `none`, or nil for the backbone's first entry.
    ///   - set: which of a file's sets of weights; nil for the default.
    ///   - prefix: the graph whose parameters are needed.
    ///   - isPartial: whether differences are accepted, and noted.
    package static func resolve(
        _ choice: String?, set: String? = nil, for backbone: any Backbone, prefix: Graph, seed: UInt64, isPartial: Bool,
        registry: Registry, progress: @Sendable (WeightProgress) -> Void
    ) throws(GraftError) -> BaseWeights {
        let entry: PretrainedEntry
        switch try BaseChoice(choice, set: set, for: backbone) {
        case .random: return random(backbone, prefix, seed: seed)
        case .file(let path, let set):
            return try read(path, set, backbone, prefix, seed: seed, isPartial: isPartial)
        case .published(let named): entry = named
        }
        let loaded = try registry.weights(of: entry, for: backbone, progress: progress)
        let report = LoadReport(loaded.tensors, for: prefix.parameters)
        if !isPartial { try report.check(file: loaded.origin, allowingUnexpected: true, remedy: partialRemedy) }
        var tensors = loaded.tensors
        if report.isComplete {
            tensors = StateDict()
            for parameter in prefix.parameters { tensors[parameter.name] = loaded.tensors[parameter.name] }
        } else {
            tensors = filled(loaded.tensors, report, prefix, seed: seed)
        }
        return BaseWeights(
            tensors: tensors, sha256: tensors.weightsSHA256,
            name: "\(backbone.name)/\(entry.name)",
            origin: loaded.origin, licence: entry.licence, source: entry.source, preprocessing: entry.preprocessing,
            notes: report.isComplete ? [] : notes(report, loaded.origin))
    }

    private static let partialRemedy = "or start the rest from random numbers with --partial"

    /// What fits, and random numbers for the rest.
    private static func filled(
        _ tensors: StateDict, _ report: LoadReport, _ prefix: Graph, seed: UInt64
    ) -> StateDict {
        let fitting = Set(report.loaded)
        return Initializer(seed: seed).fill(prefix, from: tensors.renamed { fitting.contains($0) ? $0 : nil })
    }

    /// The report, line by line.
    private static func notes(_ report: LoadReport, _ origin: String) -> [String] {
        let lines = report.lines
        let shown = lines.prefix(21)
        let rest = lines.count > shown.count ? ["… and \(lines.count - shown.count) more"] : []
        return ["weights of \(origin): \(shown[0])"] + shown.dropFirst() + rest
    }

    private static func random(_ backbone: any Backbone, _ prefix: Graph, seed: UInt64) -> BaseWeights {
        let tensors = Initializer(seed: seed).fill(prefix)
        return BaseWeights(
            tensors: tensors, sha256: tensors.weightsSHA256, name: "none", origin: "random numbers, seed \(seed)",
            licence: "none", source: "random numbers", preprocessing: backbone.preprocessing,
            notes: ["the backbone's weights are random and stay so: expect little of its features"])
    }

    private static func read(
        _ path: String, _ set: String?, _ backbone: any Backbone, _ prefix: Graph, seed: UInt64, isPartial: Bool
    ) throws(GraftError) -> BaseWeights {
        let file = try WeightFile(path: path)
        let metadata = file.metadata
        if let metadata, metadata.backbone != backbone.name {
            throw GraftError(
                .invalidModel, "the weights are another backbone's", file: path, expected: backbone.name,
                found: metadata.backbone, remedy: "set backbone: \(metadata.backbone)")
        }
        let match = try CheckpointMatch(file, for: prefix.parameters, of: backbone, set: set)
        try match.check(isPartial: isPartial, remedy: partialRemedy)
        let found = try match.load()
        let tensors = match.report.isComplete ? found : filled(found, match.report, prefix, seed: seed)
        // The head of a model file is no surprise.
        let head = metadata == nil ? match.headNote.map { [$0] } ?? [] : []
        let differences = match.report.isExact ? [] : notes(match.report, path)
        return BaseWeights(
            tensors: tensors, sha256: tensors.weightsSHA256, name: PathText.name(of: path), origin: path,
            licence: metadata?.licence ?? "not stated",
            source: metadata?.source ?? "the file \(PathText.name(of: path))",
            preprocessing: metadata?.preprocessing ?? backbone.preprocessing, quantization: metadata?.quantization,
            notes: match.notes + head + differences)
    }
}
