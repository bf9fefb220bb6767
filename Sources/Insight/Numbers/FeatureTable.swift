import Engine
import Exchange
package import Images
package import Inference
import Weights
package import Zoo

/// Pooled features of pictures, from the cache where they are there already.
package struct FeatureTable: Sendable {
    /// A row a picture, in their order; zeros for one that could not be read.
    package let rows: FeatureRows
    /// Whether a picture could be read.
    package let isRead: [Bool]
    /// Why others could not.
    package let skipped: [SkippedFile]

    /// The indices of the pictures that could be read.
    package var read: [Int] { isRead.indices.filter { isRead[$0] } }

    /// - Parameters:
    ///   - cache: the directory that features are kept in; nil to compute them anew.
    ///   - progress: called after each picture, never on two threads at once.
    /// - Throws: `GraftError` for a model without pooled features.
    package init(
        of paths: [String], by loaded: LoadedModel, cache: String? = CacheDirectory().path,
        progress: @Sendable (FeatureProgress) -> Void = { _ in }
    ) throws(GraftError) {
        let prefix = try loaded.model.featureGraph(imageSize: Extent(loaded.preprocessing.crop))
        var own = StateDict()
        for parameter in prefix.parameters { own[parameter.name] = loaded.content.tensors[parameter.name] }
        let extractor = try FeatureExtractor(
            prefix: prefix, weights: own, weightsSHA256: own.weightsSHA256, preprocessing: loaded.preprocessing,
            cache: cache, quantization: loaded.metadata.quantization, precision: loaded.content.precision)
        let found = try extractor.extract(
            paths.map { FeatureExtractor.Item(path: $0) }, threads: loaded.threads, progress: progress)
        let width = extractor.shape.reduce(1, *)
        let zeros = [Float](repeating: 0, count: width)
        rows = try FeatureRows(
            count: paths.count, width: width, values: found.rows.flatMap { $0 ?? zeros })
        isRead = found.rows.map { $0 != nil }
        skipped = found.skipped
    }

    /// What the model's head says of the rows that could be read: `[N, outputs]`.
    /// - Throws: `GraftError.unsupported` for a head that reads something else.
    package func logits(by loaded: LoadedModel) throws(GraftError) -> Tensor {
        guard loaded.model.pooling != .positions else {
            throw GraftError(
                .unsupported, "the model's head answers at every position, it reads no pooled features",
                file: loaded.content.name, remedy: "train a head with another pooling")
        }
        let head = try loaded.model.graph(imageSize: Extent(loaded.preprocessing.crop)).cut(after: Model.pooledStage)
            .suffix
        let plan = try InferencePlan(head, weights: loaded.content.tensors, threads: loaded.threads)
        let read = read
        return try plan.run(try Tensor(shape: [read.count] + head.inputShape, elements: rows.rows(read).values))
    }
}
