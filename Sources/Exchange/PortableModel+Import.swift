public import Weights
public import Zoo

extension PortableModel {
    /// Reads a checkpoint: one that Graft wrote, or one of another program with a head of linear layers.
    ///
    /// A probe that the weights no longer answer, because another program trained them further, is left out.
    /// - Parameters:
    ///   - file: names as torchvision's, or as the backbone's `parameterName(forCheckpointName:)` knows them.
    ///   - backbone: its registered name; nil for what the file says.
    ///   - classes: names in the order of the outputs; nil for what the file says.
    ///   - set: a set of the file's weights, as for `CheckpointMatch`; nil for a model's own before averages of them.
    ///   - activation: what follows the hidden layers of another program's head, which a checkpoint does not say.
    /// - Throws: `GraftError.invalidModel` where the file does not say what it is of, or says otherwise;
    ///   `GraftError.mismatch` with a report for tensors that do not fit.
    public init(
        importing file: WeightFile, backbone: String?, classes: [String]?, set: String? = nil,
        activation: String? = nil,
        registry: Registry
    ) throws(GraftError) {
        let backbone = try backbone.map { name throws(GraftError) in try registry.backbone(name) }
        guard let metadata = file.metadata else {
            guard let backbone else {
                throw GraftError(
                    .invalidModel, "the file does not say which network its weights are of", file: file.path,
                    remedy: "say it with --backbone NAME; graft models lists the names")
            }
            let imported = try file.classifier(
                of: backbone, classes: classes, set: set, activation: activation, registry: registry)
            try self.init(imported, name: file.path, registry: registry)
            return
        }
        if let set {
            throw GraftError(
                .unknownName, "the file has no weights '\(set)'", file: file.path,
                expected: "no name: it holds one set",
                remedy: "leave out --weights")
        }
        if let backbone, backbone.name != metadata.backbone {
            throw GraftError(
                .invalidModel, "the file says that it is of another network", file: file.path,
                expected: backbone.name, found: metadata.backbone, remedy: "leave out --backbone")
        }
        let model = try PortableModel(try ImportedModel(file: file), name: file.path, registry: registry)
        var description = model.metadata
        if let classes {
            guard classes.count == description.classes.count else {
                throw GraftError(
                    .invalidModel, "the class names do not fit the file", file: file.path,
                    expected: "\(description.classes.count) names", found: "\(classes.count)")
            }
            description.classes = classes
        }
        if description.probe != nil, !(try SelfTest(model).passed) { description.probe = nil }
        self.init(model, tensors: model.tensors, metadata: description)
    }
}
