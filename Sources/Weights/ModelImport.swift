public import Zoo

/// A whole classifier in memory: its numbers, and what a model file says beside them.
public struct ImportedModel: Sendable {
    /// By the graph's names, in its order.
    public var tensors: StateDict
    /// Without hashes, which `NPZ.write` fills in.
    public var metadata: ModelMetadata

    /// Numbers and what is said of them.
    public init(tensors: StateDict, metadata: ModelMetadata) {
        self.tensors = tensors
        self.metadata = metadata
    }

    /// Reads a model file, as `graft train` leaves it.
    /// - Throws: `GraftError`: no such file, damaged, weights without a description, or a head alone.
    public init(path: String) throws(GraftError) { try self.init(file: try WeightFile(path: path)) }

    /// Reads a file that Graft wrote, in any format.
    /// - Throws: as `init(path:)`.
    public init(file: WeightFile) throws(GraftError) {
        guard let metadata = file.metadata else {
            throw GraftError(
                .unsupported, "the file does not say which model its weights are for", file: file.path,
                expected: "a model.npz of graft train",
                remedy: "make one with: graft convert \(file.path) model.npz --backbone NAME")
        }
        if let base = metadata.headOf {
            throw GraftError(
                .unsupported, "the file holds a head alone", file: file.path, expected: "a whole model",
                remedy: "join it with its base: graft import \(file.path) model.npz --base \(base.name)")
        }
        self.init(tensors: try file.load(), metadata: metadata)
    }

    /// Writes a model file. It appears whole or not at all.
    /// - Throws: `GraftError`: a value that is not finite, a file that cannot be written.
    public func write(to path: String) throws(GraftError) {
        try NPZ.write(tensors, metadata: metadata, to: path, level: 1)
    }
}

extension WeightFile {
    /// Reads a checkpoint of a backbone with a linear head, whatever names and class count it was saved with.
    /// - Parameters:
    ///   - backbone: the architecture that the tensors are of.
    ///   - classes: the classes' names in the order of the outputs; nil for those that the file states, else the published
    ///     ones where a published entry has as many, else `class_0`, `class_1` …
    /// - Throws: `GraftError` `.weights` with a report if a tensor is missing, left over or of another shape;
    ///   `GraftError` if the class names are not as many as the outputs.
    public func classifier(
        of backbone: any Backbone, classes: [String]? = nil, registry: Registry
    ) throws(GraftError) -> ImportedModel {
        let rename: (String) -> String? = { backbone.parameterName(forCheckpointName: $0) }
        let weightName = "\(backbone.classifierPath).weight"
        guard let outputs = entries.first(where: { rename($0.name) == weightName })?.shape.first else {
            throw GraftError(
                .weights, "no classifier of \(backbone.name) in this file", file: path,
                expected: "a tensor \(weightName)",
                found: entries.first.map { "\(entries.count) tensors, the first of them \($0.name)" } ?? "no tensor")
        }
        let entry = try published(by: backbone)
        var classes = classes
        if classes == nil { classes = try self.classes() }
        if let classes, classes.count != outputs {
            throw GraftError(
                .invalidValue, "the class names do not fit the file", file: path, expected: "\(outputs) names",
                found: "\(classes.count)")
        }
        let names =
            classes
            ?? (entry ?? backbone.pretrained.first { $0.classes.count == outputs })?.classes
            ?? (0..<outputs).map { "class_\($0)" }
        let head = try registry.head("linear", options: Options(path: "head"), for: backbone)
        let graph = try Model(backbone: backbone, head: head, outputs: outputs).graph()
        try LoadReport(entries, for: graph.parameters, rename: rename).check(file: path)
        let loaded = try load(rename: rename)
        var tensors = StateDict()
        for parameter in graph.parameters { tensors[parameter.name] = loaded[parameter.name] }
        let metadata = ModelMetadata(
            backbone: backbone.name, pooling: Pooling.avg.rawValue, head: .init(kind: "linear", options: head.options),
            classes: names, preprocessing: entry?.preprocessing ?? backbone.preprocessing,
            licence: entry?.licence ?? "not stated by the file",
            source: entry?.source ?? "converted from \(path.split(separator: "/").last ?? "a file")")
        return ImportedModel(tensors: tensors, metadata: metadata)
    }

    /// The published entry that this very file is.
    private func published(by backbone: any Backbone) throws(GraftError) -> PretrainedEntry? {
        guard !backbone.pretrained.isEmpty else { return nil }
        let sha256 = try Hash.sha256(file: path)
        return backbone.pretrained.first { sha256.hasPrefix($0.sha256Prefix.lowercased()) }
    }
}
