import Zoo

/// A head as another program saved it: linear layers, one after the other, under any names.
struct SavedHead {
    /// A linear layer's tensors.
    struct Linear {
        let path: String
        var weight: TensorEntry
        var bias: TensorEntry?

        var inputs: Int { weight.shape[1] }
        var outputs: Int { weight.shape[0] }
    }

    /// From the features to the classes.
    let layers: [Linear]

    var outputs: Int { layers[layers.count - 1].outputs }
    /// The sizes between.
    var hidden: [Int] { layers.dropLast().map(\.outputs) }

    /// - Parameters:
    ///   - match: the backbone's.
    ///   - features: what the backbone answers.
    ///   - classifierPath: where the backbone's own classifier stands.
    /// - Throws: `GraftError.weights` where there is no such head, or several; `.unsupported` for one of other layers.
    init(_ match: CheckpointMatch, features: Int, of backbone: any Backbone) throws(GraftError) {
        let file = match.file
        let named = Self.groups(match.head, backbone, prefix: match.prefix)
        var found = named.compactMap { Self.chain($0.layers, features: features) }
        // The published classifier, beside another one that was distilled into.
        let isPublished = found.isEmpty
        if isPublished {
            let own = backbone.classifierPath + ".weight"
            found = named.flatMap(\.layers).filter {
                $0.inputs == features && Self.name($0.path + ".weight", match.prefix, backbone) == own
            }.map { [$0] }
        }
        if found.isEmpty {
            found = Self.groups(match.extra, backbone, prefix: match.prefix).filter(\.isLinear)
                .compactMap { Self.chain($0.layers, features: features) }
        }
        if found.count > 1 {
            let own = backbone.classifierPath
            let exact = found.filter {
                Self.name($0[$0.count - 1].path + ".weight", match.prefix, backbone) == own + ".weight"
            }
            if exact.count == 1 { found = exact }
        }
        guard let layers = found.first else {
            let shown = match.head + match.extra
            throw GraftError(
                .weights, "no classifier of \(backbone.name) in this file", file: file.path,
                expected: "linear layers from \(features) features, as \(backbone.classifierPath).weight",
                found: shown.isEmpty
                    ? file.entries.first.map { "\(file.entries.count) tensors, the first of them \($0.name)" }
                        ?? "no tensor"
                    : shown.prefix(3).map { "\($0.name) (\(Tensor.describe($0.shape)))" }.joined(separator: ", "))
        }
        guard found.count == 1 else {
            throw GraftError(
                .weights, "several heads in the file fit the backbone", file: file.path, expected: "one",
                found: found.map { $0[$0.count - 1].path }.joined(separator: ", "),
                remedy: "save the model with one head")
        }
        self.layers = layers
        if !isPublished, let group = named.first(where: { $0.layers.contains { $0.path == layers[0].path } }),
            let other = group.others.first
        {
            throw GraftError(
                .unsupported, "the head has a layer that is not linear", file: file.path, member: other.name,
                expected: "Linear, or Linear, activation, Linear", found: Tensor.describe(other.shape))
        }
    }

    /// Tensors under one word.
    private struct Group {
        let name: Substring
        var layers: [Linear] = []
        var others: [TensorEntry] = []

        var isLinear: Bool { others.isEmpty && !layers.isEmpty }
    }

    /// The model's name of one of the file's.
    static func name(_ entry: String, _ prefix: String, _ backbone: any Backbone) -> String {
        let name = entry.hasPrefix(prefix) ? String(entry.dropFirst(prefix.count)) : entry
        return backbone.parameterName(forCheckpointName: name) ?? name
    }

    private static func groups(_ entries: [TensorEntry], _ backbone: any Backbone, prefix: String) -> [Group] {
        var groups: [Group] = []
        var places: [Substring: Int] = [:]
        let biases = Dictionary(
            entries.filter { $0.shape.count == 1 && $0.name.hasSuffix(".bias") }.map { ($0.name, $0) }
        ) { first, _ in first }
        var used: Set<String> = []
        // A layer at every position may be a convolution of one pixel.
        for entry in entries
        where entry.name.hasSuffix(".weight") && (entry.shape.count == 2 || entry.shape.dropFirst(2) == [1, 1]) {
            let path = String(entry.name.dropLast(".weight".count))
            let bias = biases[path + ".bias"].flatMap { $0.shape == [entry.shape[0]] ? $0 : nil }
            used.insert(entry.name)
            if let bias { used.insert(bias.name) }
            add(path) { $0.layers.append(Linear(path: path, weight: entry, bias: bias)) }
        }
        for entry in entries where !used.contains(entry.name) { add(entry.name) { $0.others.append(entry) } }
        return groups

        func add(_ path: String, _ change: (inout Group) -> Void) {
            let own = path.hasPrefix(prefix) ? path.dropFirst(prefix.count) : path[...]
            let top = own.prefix { $0 != "." }
            if let index = places[top] { return change(&groups[index]) }
            var group = Group(name: top)
            change(&group)
            places[top] = groups.count
            groups.append(group)
        }
    }

    /// The layers in an order in which each takes what the one before answers: the file's, which is the program's.
    private static func chain(_ layers: [Linear], features: Int) -> [Linear]? {
        guard var width = layers.first.map({ _ in features }), layers.count <= 17 else { return nil }
        for layer in layers {
            guard layer.inputs == width, layer.outputs > 0 else { return nil }
            width = layer.outputs
        }
        return layers
    }
}
