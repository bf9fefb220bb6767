public import Zoo

/// The mean of squared differences (`nn.MSELoss`), for numbers. Weights are those of columns.
public struct SquaredError: Loss {
    /// The word in configurations.
    public static let kind = "mse"

    private let context: LossContext

    /// There are no options.
    public init(options: inout Options, in context: LossContext) { self.context = context }

    /// `outputs` `[N, C]` for values.
    public func value(of outputs: Tensor, targets: Targets) throws(GraftError) -> LossValue {
        guard case .values(let goals) = targets else { throw Self.unfit(targets) }
        return try elementwise(outputs, goals, weights: context.weights) { output, goal in
            ((output - goal) * (output - goal), 2 * (output - goal))
        }
    }
}
