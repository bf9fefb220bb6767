import Data
import Exchange
public import Images
public import Inference
public import Weights
public import Zoo

/// A model with other classes, and what was done.
public struct ClassEditResult: Sendable {
    /// The changed model.
    public let model: ImportedModel
    /// Classes whose rows are what they were, bit for bit, by their new names.
    public let kept: [String]
    /// New classes.
    public let added: [String]
    /// Pictures that each new class was made from.
    public let pictures: [String: Int]
    /// Pictures that could not be read.
    public let skipped: [SkippedFile]
}

extension ImportedModel {
    /// This model with other classes. Rows of classes that stay keep their bits.
    ///
    /// A new class without pictures gets the mean of the learnt rows: its logit is the mean of the others, so that it is
    /// never the answer before it is trained, and a good place to train from (where rows are of one length: the opposite of what the
    /// head was trained on). One with pictures works at once: see
    /// `ClassImprint`, or the head's own rule (`Head.rows`). The change is added to the description's `edits`; figures
    /// measured before move there when they no longer hold.
    /// - Parameters:
    ///   - name: what messages call the model.
    ///   - progress: called after each picture of the examples.
    /// - Throws: a `GraftError`: names that do not fit, a head without a row for each class, pictures that cannot be
    ///   read.
    public func editing(
        _ edit: ClassEdit, name: String = "the model", registry: Registry, threads: Int? = nil,
        progress: @Sendable (FeatureProgress) -> Void = { _ in }
    ) async throws(GraftError) -> ClassEditResult {
        let result = try edit.result(from: metadata.classes, fewest: metadata.task == .classification ? 2 : 1)
        let model = try metadata.model(registry: registry, file: name)
        var changed = self
        changed.metadata.classes = result.map(\.name)
        var counts: [String: Int] = [:]
        var skipped: [SkippedFile] = []
        // New names alone leave the numbers of any head as they are.
        if result.map(\.origin) != metadata.classes.indices.map({ $0 }) {
            if metadata.task == .regression {
                try metadata.task.requireClasses("adding and removing classes", file: name)
            }
            let names = try ClassTensors(model, classes: metadata.classes.count).names
            let kept = result.compactMap(\.origin)
            var rows: [[UInt8]: StateDict] = [:]
            var features: [[UInt8]: Tensor] = [:]
            for example in edit.examples {
                let loaded = try LoadedModel(self, name: name, registry: registry, threads: threads)
                let paths = try PictureList.expand(example.paths)
                let found = try await loaded.embed(paths.map { .path($0) }, progress: progress)
                skipped += found.skipped
                guard !found.names.isEmpty else {
                    throw GraftError(
                        .invalidData, "no picture of the new class '\(example.name)' can be read",
                        file: example.paths.first, found: found.skipped.first?.reason)
                }
                counts[example.name] = found.names.count
                features[example.name.byteKey] = found.features
                rows[example.name.byteKey] = try newRows(for: found.features, of: model, names, kept: kept)
            }
            let untrained = try imprint(of: model, names)?.untrainedRow(featureMean: metadata.featureMean)
            for name in names {
                guard let tensor = tensors[name] else { continue }
                let mean = Self.mean(of: kept.map { tensor.row($0) })
                changed.tensors[name] = try ClassTensors.assemble(
                    result.map { entry in
                        if let origin = entry.origin { return tensor.row(origin) }
                        return (rows[entry.name.byteKey] ?? untrained)?[name]?.elements[...] ?? mean[...]
                    }, like: tensor.shape)
            }
            if let thresholds = metadata.thresholds {
                changed.metadata.thresholds = result.map { $0.origin.map { thresholds[$0] } ?? 0.5 }
            }
            if let score = try StrangerScore(metadata.noneOfThese) {
                changed.metadata.noneOfThese = try score.edited(
                    origins: result.map(\.origin), features: result.map { features[$0.name.byteKey] }
                ).stored
            }
            changed.metadata.probe = try Probe.record(
                of: try changed.metadata.model(registry: registry), weights: changed.tensors,
                preprocessing: metadata.preprocessing, quantization: metadata.quantization)
        }
        changed.record(
            edit.record(pictures: counts), isHarmless: edit.remove.isEmpty && edit.add.isEmpty && edit.examples.isEmpty)
        return ClassEditResult(
            model: changed, kept: result.filter { $0.origin != nil }.map(\.name),
            added: result.filter { $0.origin == nil }.map(\.name), pictures: counts, skipped: skipped)
    }

    /// Adds to the description's history.
    /// - Parameter isHarmless: whether figures measured before still hold.
    mutating func record(_ entry: OptionValue, isHarmless: Bool) {
        var entry = entry
        if !isHarmless, let metrics = metadata.metrics, case .map(var map) = entry {
            map["metrics_before"] = .map(metrics)
            entry = .map(map)
            metadata.metrics = nil
        }
        metadata.edits = (metadata.edits ?? []) + [entry]
    }

    /// The rows of a class with these pooled features.
    private func newRows(
        for features: Tensor, of model: Model, _ names: [String], kept: [Int]
    ) throws(GraftError) -> StateDict {
        if let rows = try model.head.rows(ofClassWith: features, beside: tensors, in: model.headContext) { return rows }
        guard let imprint = try imprint(of: model, names) else {
            throw GraftError(
                .invalidModel, "this head cannot take a class from pictures",
                expected: "a linear layer at the end that alone has a row a class",
                remedy: "add the class without pictures and train again")
        }
        return try imprint.rows(for: features, featureMean: metadata.featureMean, kept: kept)
    }

    /// nil for a head that has its classes elsewhere than in one linear layer at the end.
    private func imprint(of model: Model, _ names: [String]) throws(GraftError) -> ClassImprint? {
        let head = try model.graph(imageSize: Extent(metadata.preprocessing.crop)).cut(after: Model.pooledStage).suffix
        return try ClassImprint(head: head, weights: tensors, classTensors: names)
    }

    private static func mean(of rows: [ArraySlice<Float>]) -> [Float] {
        guard let first = rows.first else { return [] }
        var sums = [Double](repeating: 0, count: first.count)
        for row in rows { for (index, value) in row.enumerated() { sums[index] += Double(value) } }
        return sums.map { Float($0 / Double(rows.count)) }
    }
}
