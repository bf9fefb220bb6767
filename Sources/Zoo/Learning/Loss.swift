/// How wrong outputs are, as one number, and which way they should not go. A loss is a value: what it depends on beside
/// outputs and targets is fixed when it is made.
public protocol Loss: Sendable {
    /// The word that configurations name it by: `train.loss`.
    static var kind: String { get }

    /// - Parameters:
    ///   - options: what the configuration says beside `kind`. The caller refuses the keys that were not asked for.
    ///   - context: what it is a loss of.
    init(options: inout Options, in context: LossContext) throws(GraftError)

    /// - Parameters:
    ///   - outputs: `[N, C]`, before any softmax or sigmoid.
    ///   - targets: N rows, checked by the caller to fit C outputs.
    /// - Throws: `GraftError` for targets of a kind that it has no meaning for.
    func value(of outputs: Tensor, targets: Targets) throws(GraftError) -> LossValue
}

/// What a loss is made for.
public struct LossContext: Sendable, Hashable {
    /// Classes, labels or values: as many as outputs, or two classes told apart by one output.
    public let targets: Int
    /// One a class or label; nil for 1 everywhere.
    public let weights: [Double]?
    /// Probability moved from what is true to all classes evenly, 0 to below 1.
    public let labelSmoothing: Double

    /// The surroundings of a loss.
    public init(targets: Int, weights: [Double]? = nil, labelSmoothing: Double = 0) {
        precondition(weights.map { $0.count == targets } ?? true, "one weight a target")
        self.targets = targets
        self.weights = weights
        self.labelSmoothing = labelSmoothing
    }
}

/// A batch's loss.
public struct LossValue: Sendable {
    /// The losses added up, weighted.
    public let sum: Double
    /// What to divide the sum by: of pictures, of their weights, or of all outputs.
    public let weight: Double
    /// `d mean / d outputs`, in the outputs' shape.
    public let gradient: Tensor

    /// A loss of `sum / weight`.
    public init(sum: Double, weight: Double, gradient: Tensor) {
        self.sum = sum
        self.weight = weight
        self.gradient = gradient
    }

    /// The batch's loss; 0 where nothing has a weight.
    public var mean: Double { weight > 0 ? sum / weight : 0 }
}
