public import Zoo

/// Huber's loss (`nn.HuberLoss`), for numbers: half the squared difference up to `delta`, and from there on a straight
/// line, so that a few wild values do not decide everything. Weights are those of columns.
///
/// Options: `delta` (1).
public struct HuberLoss: Loss {
    /// The word in configurations.
    public static let kind = "huber"

    private let delta: Double
    private let context: LossContext

    /// Reads the option above.
    public init(options: inout Options, in context: LossContext) throws(GraftError) {
        delta = try options.number("delta", in: 1e-9...1e9) ?? 1
        self.context = context
    }

    /// `outputs` `[N, C]` for values.
    public func value(of outputs: Tensor, targets: Targets) throws(GraftError) -> LossValue {
        guard case .values(let goals) = targets else { throw Self.unfit(targets) }
        return try elementwise(outputs, goals, weights: context.weights) { output, goal in
            let difference = output - goal
            return abs(difference) <= delta
                ? (0.5 * difference * difference, difference)
                : (delta * (abs(difference) - 0.5 * delta), difference > 0 ? delta : -delta)
        }
    }
}
