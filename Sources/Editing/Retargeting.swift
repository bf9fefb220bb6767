public import RunConfiguration
import Data
import Engine
import Exchange
import Learning
public import Weights
public import Zoo

/// A model with a new head, and what of the old one is in it.
public struct Retargeting: Sendable {
    /// The model. Its new tensors hold random numbers until it is trained.
    public let model: ImportedModel
    /// The old model's tensors beside what the new one needs.
    public let report: LoadReport
    /// Classes of the new model whose rows are the old ones, bit for bit.
    public let kept: [String]
    /// Classes with new rows.
    public let new: [String]
}

extension ImportedModel {
    /// This model with the head, pooling and classes that a configuration asks for, without training.
    ///
    /// The backbone stays. Of the head, tensors that fit stay where kind and options (dropout aside) are the same; in those
    /// with a row a class, the rows of classes that keep their names. The rest is made by `Initializer`.
    /// - Parameters:
    ///   - configuration: its `head`, `pooling`, `train.seed`, and the classes: `data.classes`, or the folders of
    ///     `data.train`, or both where they agree, or else the model's own. Its backbone must be the model's.
    ///   - isPartial: whether the backbone may lack tensors (a pooling that doubles the features before a neck). They are
    ///     new then.
    ///   - name: what messages call the model.
    /// - Throws: a `GraftError`: another backbone, a head that cannot have these classes, tensors that do not fit.
    public func retargeted(
        _ configuration: TrainingConfiguration, isPartial: Bool = false, name: String = "the model", registry: Registry
    ) throws(GraftError) -> Retargeting {
        guard configuration.backbone == metadata.backbone else {
            throw GraftError(
                .invalidModel, "the model has another backbone", file: name, expected: configuration.backbone,
                found: metadata.backbone, remedy: "set backbone: \(metadata.backbone)")
        }
        let old = try metadata.model(registry: registry, file: name)
        var classes = configuration.data.classes ?? metadata.classes
        var task = configuration.data.table.task ?? metadata.task
        if !configuration.data.train.isEmpty {
            let folder = try ImageFolder(
                path: DataRoot(path: configuration.data.train)?.train ?? configuration.data.train,
                classes: configuration.data.classes, reading: configuration.data.table)
            (classes, task) = (folder.classes, folder.task)
        }
        let head = try registry.head(
            configuration.head.kind ?? TrainingConfiguration.HeadChoice.trained,
            options: Options(configuration.head.options, path: "head"), for: old.backbone)
        let model = try Model(
            backbone: old.backbone, pooling: configuration.pooling, head: head, classes: classes.count)
        let graph = try model.graph(imageSize: Extent(metadata.preprocessing.crop))
        let prefix = try graph.prefix(through: Model.pooledStage).parameters
        let backboneNames = Set(prefix.map(\.name))
        if !isPartial {
            try LoadReport(tensors.renamed { backboneNames.contains($0) ? $0 : nil }, for: prefix).check(
                file: name, remedy: "or accept new ones with --partial")
        }

        let isSameHead = Self.isSame(old.head, head)
        let byClass = isSameHead ? Set((try? ClassTensors(model, classes: classes.count).names) ?? []) : []
        let origins = Dictionary(metadata.classes.enumerated().map { ($1.byteKey, $0) }) { first, _ in first }
        var result = Initializer(seed: configuration.train.seed).fill(graph)
        var kept: Set<[UInt8]> = []
        for parameter in graph.parameters {
            guard let tensor = tensors[parameter.name] else { continue }
            if byClass.contains(parameter.name) {
                guard tensor.shape.dropFirst() == parameter.shape.dropFirst(),
                    tensor.shape.first == metadata.classes.count, let fresh = result[parameter.name]
                else { continue }
                result[parameter.name] = try ClassTensors.assemble(
                    classes.enumerated().map { index, name in
                        origins[name.byteKey].map { tensor.row($0) } ?? fresh.row(index)
                    }, like: parameter.shape)
                kept.formUnion(classes.map(\.byteKey).filter { origins[$0] != nil })
            } else if tensor.shape == parameter.shape,
                backboneNames.contains(parameter.name)
                    || isSameHead && (!byClass.isEmpty || classes.map(\.byteKey) == metadata.classes.map(\.byteKey))
            {
                result[parameter.name] = tensor
                // One value for two classes has no rows: both are kept, or none.
                if byClass.isEmpty, !backboneNames.contains(parameter.name) { kept.formUnion(classes.map(\.byteKey)) }
            }
        }
        return Retargeting(
            model: try described(result, model, classes, task, configuration),
            report: LoadReport(tensors, for: graph.parameters),
            kept: classes.filter { kept.contains($0.byteKey) }, new: classes.filter { !kept.contains($0.byteKey) })
    }

    private func described(
        _ tensors: StateDict, _ model: Model, _ classes: [String], _ task: ModelTask,
        _ configuration: TrainingConfiguration
    ) throws(GraftError) -> ImportedModel {
        let kind = type(of: model.head).kind
        var result = self
        result.tensors = tensors
        result.metadata.pooling = model.pooling.rawValue
        result.metadata.head = ModelMetadata.Head(kind: kind, options: model.head.options)
        result.metadata.classes = classes
        result.metadata.configuration = configuration.text
        result.metadata.probe = try Probe.record(
            of: model, weights: tensors, preprocessing: metadata.preprocessing, quantization: metadata.quantization)
        if metadata.pooling != model.pooling.rawValue { result.metadata.featureMean = nil }
        // It was fitted to the answers of the head that was there.
        result.metadata.temperature = nil
        result.metadata.thresholds = nil
        result.metadata.task = task
        result.record(
            .map([
                "edit": .string("retarget"), "head_before": .string(metadata.head.kind),
                "classes_before": .list(metadata.classes.map(OptionValue.string)),
            ]), isHarmless: false)
        return result
    }

    /// Whether tensors of one head mean the same in the other: dropout has none.
    private static func isSame(_ first: any Head, _ second: any Head) -> Bool {
        func relevant(_ head: any Head) -> [String: OptionValue] { head.options.filter { $0.key != "dropout" } }
        return type(of: first).kind == type(of: second).kind && relevant(first) == relevant(second)
    }
}
