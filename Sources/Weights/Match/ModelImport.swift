public import Zoo

/// A whole classifier in memory: its numbers, and what a model file says beside them.
public struct ImportedModel: Sendable {
    /// By the graph's names, in its order.
    public var tensors: StateDict
    /// Without hashes, which `NPZ.write` fills in.
    public var metadata: ModelMetadata
    /// What a person should know of a checkpoint's reading: what was chosen, left out, taken for granted.
    public var notes: [String] = []

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
    /// Reads a checkpoint of a backbone with a head of linear layers, whatever names, wrappers and class count it was saved
    /// with.
    ///
    /// One linear layer is the linear head, several are the MLP head. A checkpoint does not say what is between them; a
    /// head of one output is taken for a sigmoid that tells two classes apart.
    /// - Parameters:
    ///   - backbone: the architecture that the tensors are of.
    ///   - classes: the classes' names in the order of the outputs; nil for those that the file states, else the published
    ///     ones where a published entry has as many, else `class_0`, `class_1` …
    ///   - pooling: how the head's features are made; nil for that of its published weights.
    ///   - set: a set of the file's weights, as for `CheckpointMatch`.
    ///   - activation: what follows the hidden layers of an MLP head; nil for the head's own default.
    /// - Throws: `GraftError` `.weights` with a report if a tensor is missing, left over or of another shape;
    ///   `GraftError` if the class names are not as many as the outputs.
    public func classifier(
        of backbone: any Backbone, classes: [String]? = nil, pooling: Pooling? = nil, set: String? = nil,
        activation: String? = nil, registry: Registry
    ) throws(GraftError) -> ImportedModel {
        let asked = pooling
        var pooling = asked ?? backbone.publishedPooling
        let trial = try Model(
            backbone: backbone, pooling: pooling,
            head: registry.head("linear", options: Options(path: "head"), for: backbone), outputs: 1
        )
        let (prefix, suffix) = try trial.graph().cut(after: Model.pooledStage)
        let match = try CheckpointMatch(self, for: prefix.parameters, of: backbone, set: set)
        try match.check()
        let head = try SavedHead(match, features: suffix.inputShape.last ?? 0, of: backbone)
        var notes = match.notes
        if asked == nil, pooling == .positions, head.layers.last?.weight.shape.count == 2 {
            pooling = backbone.pooling
            notes.append("the head is a linear layer of one vector a picture: pooling \(pooling.rawValue)")
        }
        let entry = try published(by: backbone)
        var stated = classes
        if stated == nil { stated = try self.classes() }
        let isBinary = head.outputs == 1 && stated?.count != 1
        let names = try Self.names(
            stated, of: backbone, entry, count: isBinary ? 2 : head.outputs, file: path)

        var options: [String: OptionValue] = isBinary ? ["binary": .bool(true)] : [:]
        if isBinary { notes.append("one output: a sigmoid of which a positive value means '\(names[1])'") }
        if !head.hidden.isEmpty {
            options["hidden"] = .list(head.hidden.map { OptionValue.number(Double($0)) })
            if let activation { options["activation"] = .string(activation) }
        }
        let kind = head.hidden.isEmpty ? "linear" : "mlp"
        let configured = try registry.head(kind, options: Options(options, path: "head"), for: backbone)
        if activation == nil, !head.hidden.isEmpty {
            notes.append(Self.assumption(configured.options, hidden: head.hidden))
        }
        let graph = try Model(backbone: backbone, pooling: pooling, head: configured, outputs: head.outputs).graph()
        let tensors = try match.joined(with: head, graph: graph, of: backbone, notes: &notes)
        try LoadReport(tensors, for: graph.parameters).check(file: path)
        let metadata = ModelMetadata(
            backbone: backbone.name, pooling: pooling.rawValue,
            head: .init(kind: kind, options: configured.options),
            classes: names, preprocessing: entry?.preprocessing ?? backbone.preprocessing,
            licence: entry?.licence ?? "not stated by the file",
            source: entry?.source ?? "converted from \(path.split(separator: "/").last ?? "a file")")
        var model = ImportedModel(tensors: tensors, metadata: metadata)
        model.notes = notes
        return model
    }

    /// What a checkpoint does not say of an MLP head.
    private static func assumption(_ options: [String: OptionValue], hidden: [Int]) -> String {
        var assumed = "relu"
        if case .string(let name)? = options["activation"] { assumed = name }
        return
            "the head has hidden layers \(hidden); a checkpoint does not say what follows them: taken for \(assumed), "
            + "--activation names another"
    }

    private static func names(
        _ stated: [String]?, of backbone: any Backbone, _ entry: PretrainedEntry?, count: Int, file: String
    ) throws(GraftError) -> [String] {
        guard let stated else {
            return (entry ?? backbone.pretrained.first { $0.classes.count == count })?.classes
                ?? (0..<count).map { "class_\($0)" }
        }
        guard stated.count == count else {
            throw GraftError(
                .invalidValue, "the class names do not fit the file", file: file, expected: "\(count) names",
                found: "\(stated.count)")
        }
        return stated
    }

    /// The published entry that this very file is.
    private func published(by backbone: any Backbone) throws(GraftError) -> PretrainedEntry? {
        guard !backbone.pretrained.isEmpty else { return nil }
        let sha256 = try Hash.sha256(file: path)
        return backbone.pretrained.first { sha256.hasPrefix($0.sha256Prefix.lowercased()) }
    }
}

extension CheckpointMatch {
    /// The backbone's tensors and the head's under Graft's names, in the graph's order. A linear layer without biases has
    /// zeros for them, which changes nothing.
    fileprivate func joined(
        with head: SavedHead, graph: Graph, of backbone: any Backbone, notes: inout [String]
    ) throws(GraftError) -> StateDict {
        var names: [String: String] = [:]
        var zeros: [(name: String, count: Int)] = []
        for (index, layer) in head.layers.enumerated() {
            let path = index == head.layers.count - 1 ? backbone.classifierPath : "head.\(index)"
            names[layer.weight.name] = "\(path).weight"
            if let bias = layer.bias {
                names[bias.name] = "\(path).bias"
            } else {
                zeros.append(("\(path).bias", layer.outputs))
            }
        }
        var loaded = try values(of: graph.parameters) { names[$0] ?? name($0) }
        for bias in zeros { loaded[bias.name] = Tensor(shape: [bias.count]) }
        if let other = self.head.first(where: { names[$0.name] == nil }) {
            notes.append("another head is left out: \(other.name) (\(Tensor.describe(other.shape)))")
        }
        let last = SavedHead.name(head.layers[head.layers.count - 1].weight.name, prefix, backbone)
        if last != backbone.classifierPath + ".weight" || !head.hidden.isEmpty {
            notes.append("the head is \(head.layers.map { "'\($0.path)'" }.joined(separator: ", "))")
        }
        var state = StateDict()
        for parameter in graph.parameters { state[parameter.name] = loaded[parameter.name] }
        return state
    }
}
