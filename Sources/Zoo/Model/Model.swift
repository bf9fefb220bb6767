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
        guard pooling != .positions || !head.isMadeInOnePass else {
            throw GraftError(
                .invalidValue, "head '\(type(of: head).kind)' is made of one vector a picture", parameter: "pooling",
                expected: Pooling.allCases.filter { $0 != .positions }.map(\.rawValue).joined(separator: ", "),
                found: Pooling.positions.rawValue)
        }
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
        HeadContext(
            outputs: outputs, classifierPath: backbone.classifierPath, readsPositions: pooling == .positions)
    }

    /// The layers, from image to logits.
    /// - Parameter imageSize: height and width that the layers are fitted to; the backbone's crop for nil. Layers that
    ///   keep their position (everything but a linear layer on a flattened map) fit every size.
    public func graph(imageSize: Extent? = nil) throws(GraftError) -> Graph {
        let size = imageSize ?? Extent(backbone.preprocessing.crop)
        var builder = GraphBuilder(inputShape: [size.height, size.width, 3])
        let features = try Sequential(backbone.features).build(builder.input, in: &builder)
        let isSequence = features.shape.count == 2
        var possible = Pooling.allCases
        if !isSequence || backbone.prefixTokens == 0 { possible.removeAll(where: \.readsToken) }
        if isSequence || !backbone.neck.isEmpty { possible.removeAll { $0 == .positions } }
        guard possible.contains(pooling) else {
            throw GraftError(
                .invalidValue,
                pooling == .positions
                    ? (isSequence
                        ? "the backbone has no map" : "the backbone has layers between its pooling and its head")
                    : "the backbone has no class token",
                parameter: "pooling", expected: possible.map(\.rawValue).joined(separator: ", "),
                found: pooling.rawValue)
        }
        let pooled = pooling == .positions ? features : try vector(of: features, in: &builder)
        builder.endStage(Self.pooledStage, at: pooled)
        let answers = try Sequential(head.layers(in: headContext)).build(pooled, in: &builder)
        let logits = pooling == .positions ? try Self.mean(of: answers, in: &builder) : answers
        guard logits.shape == [outputs] else {
            throw GraftError(
                .invalidGraph, "head '\(type(of: head).kind)' does not answer one value a class",
                expected: "\(outputs)", found: Tensor.describe(logits.shape))
        }
        builder.endStage("logits", at: logits)
        return try builder.graph(output: logits)
    }

    /// The layers from image to the pooled features, one vector whatever the head reads.
    /// - Parameter imageSize: as for `graph`.
    public func featureGraph(imageSize: Extent? = nil) throws(GraftError) -> Graph {
        guard pooling == .positions else {
            return try graph(imageSize: imageSize).prefix(through: Self.pooledStage)
        }
        return try Model(backbone: backbone, pooling: .avg, head: head, outputs: outputs)
            .graph(imageSize: imageSize).prefix(through: Self.pooledStage)
    }

    private func vector(of features: Value, in builder: inout GraphBuilder) throws(GraftError) -> Value {
        let prefix = features.shape.count == 2 ? backbone.prefixTokens : nil
        let vector = try Sequential(pooling.layers(prefix: prefix, grid: backbone.poolingGrid))
            .build(features, in: &builder)
        let features = try Sequential(backbone.neck).build(vector, in: &builder)
        return pooling.isUnit ? try Normalize().named("unit").build(features, in: &builder) : features
    }

    /// What answers at every position come to.
    private static func mean(of answers: Value, in builder: inout GraphBuilder) throws(GraftError) -> Value {
        try Sequential {
            Activation.relu.named("answers.relu")
            GlobalPool.average.named("answers.mean")
            Flatten().named("answers.flatten")
        }.build(answers, in: &builder)
    }
}
