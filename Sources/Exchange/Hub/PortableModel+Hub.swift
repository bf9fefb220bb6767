import Weights
package import Zoo

extension PortableModel {
    /// Reads a folder of a model hub: network, classes and preparation of pictures as it says.
    /// - Parameters:
    ///   - backbone: its registered name; nil for the one that the tensors fit.
    ///   - set: a set of the file's weights, as for `CheckpointMatch`.
    /// - Throws: `GraftError.invalidModel` where the tensors fit no registered network, or several.
    package init(
        hub folder: HubFolder, backbone: String? = nil, classes: [String]? = nil, set: String? = nil, registry: Registry
    ) throws(GraftError) {
        let found: any Backbone
        if let backbone { found = try registry.backbone(backbone) } else { found = try folder.backbone(in: registry) }
        try folder.checkPadding(of: found, registry)
        var imported = try folder.file.classifier(
            of: found, classes: classes ?? folder.classes, pooling: folder.pooling, set: set, registry: registry)
        imported.metadata.preprocessing = folder.preprocessing ?? found.preprocessing
        imported.metadata.source = "converted from \(folder.path.split(separator: "/").last ?? "a folder")"
        imported.metadata.licence = folder.licence ?? "not stated by the folder"
        imported.notes += folder.notes
        let own = try HubFolder.graph(of: found, registry).normEpsilons
        if let epsilon = folder.epsilon, let different = own.first(where: { $0 != epsilon }) {
            imported.notes.append(
                "its layer norms add \(epsilon) to the variance, Graft's \(different): answers may differ by some 1e-5")
        }
        if folder.preprocessing == nil {
            imported.notes.append(
                "the folder does not say how pictures are prepared: as for \(found.name)'s own weights")
        }
        try self.init(imported, name: folder.path, registry: registry)
    }
}

extension HubFolder {
    /// transformers' DINOv2 classifies by the class token and the mean of the others.
    var pooling: Pooling? { architecture.hasPrefix("dinov2") && file.hasOuterClassifier ? .tokenAvg : nil }

    /// The registered network that has the file's tensors: that of the description's name where several have.
    /// - Throws: `GraftError.invalidModel`
    func backbone(in registry: Registry) throws(GraftError) -> any Backbone {
        if registry.backboneNames.contains(architecture) { return try registry.backbone(architecture) }
        var fitting: [any Backbone] = []
        for name in registry.backboneNames {
            let backbone = try registry.backbone(name)
            let parameters = try Self.graph(of: backbone, registry).prefix(through: Model.pooledStage).parameters
            // Fewer tensors than the network has cannot be its.
            guard parameters.count <= 2 * file.entries.count,
                let match = try? CheckpointMatch(file, for: parameters, of: backbone),
                match.report.missing.isEmpty, match.report.mismatched.isEmpty, match.report.unexpected.isEmpty
            else { continue }
            fitting.append(backbone)
        }
        // `vit`, `dinov2_with_registers`: variants begin with the family's name.
        let family = architecture.prefix { $0 != "_" && $0 != "-" }
        let named = fitting.filter { $0.name.hasPrefix(family) }
        let chosen = named.isEmpty ? fitting : named
        guard let first = chosen.first, chosen.count == 1 else {
            let names = chosen.map(\.name).joined(separator: ", ")
            throw GraftError(
                .invalidModel,
                chosen.isEmpty ? "no registered network has these tensors" : "several networks have these tensors",
                file: path, found: chosen.isEmpty ? "'\(architecture)', \(file.entries.count) tensors" : names,
                remedy: chosen.isEmpty
                    ? "graft models lists those that are known; --backbone NAME says what does not fit"
                    : "name one: --backbone NAME")
        }
        return first
    }
}

extension HubFolder {
    /// The network with a head of one output.
    fileprivate static func graph(of backbone: any Backbone, _ registry: Registry) throws(GraftError) -> Graph {
        let head = try registry.head("linear", options: Options(path: "head"), for: backbone)
        return try Model(backbone: backbone, head: head, outputs: 1).graph()
    }

    /// - Throws: `GraftError.invalidModel` for the tensors of a network that is the same but for its margins.
    fileprivate func checkPadding(of backbone: any Backbone, _ registry: Registry) throws(GraftError) {
        guard let padsAsTensorFlow else { return }
        let pads = try Self.graph(of: backbone, registry).padsAsTensorFlow
        guard pads != padsAsTensorFlow else { return }
        throw GraftError(
            .invalidModel, "timm's network is padded in another way than '\(backbone.name)', with the same tensors",
            file: path, expected: pads ? "'tf_\(architecture)'" : "'\(architecture)' without 'tf_'",
            found: (padsAsTensorFlow ? "tf_" : "") + architecture)
    }
}

extension Graph {
    /// What its layer norms add to the variance.
    fileprivate var normEpsilons: [Double] {
        nodes.compactMap { if case .layerNorm(let norm) = $0.operation { norm.epsilon } else { nil } }
    }

    /// Whether a convolution has the margins of TensorFlow's "SAME".
    fileprivate var padsAsTensorFlow: Bool {
        nodes.contains { node in
            if case .convolution(let convolution) = node.operation { convolution.padding == .same } else { false }
        }
    }
}

extension WeightFile {
    /// Whether a classifier stands beside the network, not in it.
    fileprivate var hasOuterClassifier: Bool { entries.contains { $0.name == "classifier.weight" } }
}
