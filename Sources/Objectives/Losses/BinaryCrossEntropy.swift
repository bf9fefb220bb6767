public import Zoo

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Sigmoid cross-entropy (`nn.BCEWithLogitsLoss`, reduction "mean"): every output answers yes or no on its own, for
/// pictures with any number of labels. Weights are those of labels; smoothing moves a target t to `(1 - e) * t + e / 2`.
public struct BinaryCrossEntropy: Loss {
    /// The word in configurations.
    public static let kind = "binary_cross_entropy"

    private let context: LossContext

    /// There are no options.
    public init(options: inout Options, in context: LossContext) { self.context = context }

    /// `outputs` `[N, C]` for labels, probabilities or classes.
    public func value(of outputs: Tensor, targets: Targets) throws(GraftError) -> LossValue {
        let smoothing = context.labelSmoothing
        let goals = try multiHot(targets, outputs: outputs)
        let weights = outputs.shape.last == context.targets ? context.weights : nil
        return try elementwise(outputs, goals, weights: weights) { x, goal in
            let goal = (1 - smoothing) * goal + smoothing / 2
            // Of the absolute value, so that nothing overflows.
            let small = exp(-abs(x))
            let sigmoid = x >= 0 ? 1 / (1 + small) : small / (1 + small)
            return (max(x, 0) - x * goal + log1p(small), sigmoid - goal)
        }
    }
}
