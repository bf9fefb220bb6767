/// A backbone and a head joined: the description of a whole classifier, without numbers.
public struct Model: Sendable {
    /// The stage whose output is the backbone's answer: pooled features `[N, features]`, the head's input.
    public static let pooledStage = "pooled"

    /// Turns a picture into a feature map.
    public let backbone: any Backbone
    /// Turns the feature map into a vector.
    public let pooling: Pooling
    /// Turns the vector into one value a class.
    public let head: any Head
    /// The number of values that the head answers.
    public let outputs: Int

    /// - Parameter pooling: the backbone's own for nil.
    /// - Throws: `GraftError.invalidValue` for fewer than one output.
    public init(backbone: any Backbone, pooling: Pooling? = nil, head: any Head, outputs: Int) throws(GraftError) {
        guard (1...100_000).contains(outputs) else {
            throw GraftError(
                .invalidValue, "a head cannot have that many classes", parameter: "head", expected: "1 to 100000",
                found: "\(outputs)")
        }
        self.backbone = backbone
        self.pooling = pooling ?? backbone.pooling
        self.head = head
        self.outputs = outputs
    }

    /// A model that tells that many classes apart.
    /// - Parameter pooling: the backbone's own for nil.
    /// - Throws: `GraftError.invalidValue` for a number of classes that the head cannot have.
    public init(backbone: any Backbone, pooling: Pooling? = nil, head: any Head, classes: Int) throws(GraftError) {
        guard classes > 0 else {
            throw GraftError(
                .invalidValue, "a head needs at least one class", parameter: "head", expected: "1 to 100000",
                found: "\(classes)")
        }
        try self.init(backbone: backbone, pooling: pooling, head: head, outputs: try head.outputs(classes: classes))
    }

    /// What the head's layers depend on.
    public var headContext: HeadContext {
        HeadContext(outputs: outputs, classifierPath: backbone.classifierPath)
    }

    /// The layers, from image to logits.
    /// - Parameter imageSize: height and width that the layers are fitted to; the backbone's crop for nil. Layers that
    ///   keep their position (everything but a linear layer on a flattened map) fit every size.
    public func graph(imageSize: Extent? = nil) throws(GraftError) -> Graph {
        let size = imageSize ?? Extent(backbone.preprocessing.crop)
        var builder = GraphBuilder(inputShape: [size.height, size.width, 3])
        let features = try Sequential(backbone.features).build(builder.input, in: &builder)
        let isSequence = features.shape.count == 2
        guard isSequence && backbone.prefixTokens > 0 || pooling != .token && pooling != .tokenAvg else {
            throw GraftError(
                .invalidValue, "the backbone has no class token", parameter: "pooling",
                expected: Pooling.allCases.filter { $0 != .token && $0 != .tokenAvg }.map(\.rawValue)
                    .joined(separator: ", "), found: pooling.rawValue)
        }
        let vector = try Sequential(
            pooling.layers(prefix: isSequence ? backbone.prefixTokens : nil, grid: backbone.poolingGrid)
        ).build(features, in: &builder)
        let pooled = try Sequential(backbone.neck).build(vector, in: &builder)
        builder.endStage(Self.pooledStage, at: pooled)
        let logits = try Sequential(head.layers(in: headContext)).build(pooled, in: &builder)
        guard logits.shape == [outputs] else {
            throw GraftError(
                .invalidGraph, "head '\(type(of: head).kind)' does not answer one value a class",
                expected: "\(outputs)", found: Tensor.describe(logits.shape))
        }
        builder.endStage("logits", at: logits)
        return try builder.graph(output: logits)
    }
}
