import Engine
public import Zoo

/// Adam (arXiv:1412.6980, `torch.optim.Adam`): weight decay is added to the gradient.
///
/// Options: `betas` ([0.9, 0.999]), `epsilon` (1e-8), `weight_decay` (0).
public struct Adam: UpdateRule {
    /// The word in configurations.
    public static let kind = "adam"

    /// Decay of the gradients' running mean.
    public var beta1 = 0.9
    /// Decay of the running mean of the gradients' squares.
    public var beta2 = 0.999
    /// Added to the square root that is divided by.
    public var epsilon = 1e-8
    /// How strongly weights are pulled to 0.
    public var weightDecay = 0.0

    /// PyTorch's defaults.
    public init() {}

    /// Reads the options above.
    public init(options: inout Options) throws(GraftError) {
        weightDecay = try options.weightDecay() ?? weightDecay
        (beta1, beta2) = try options.betas() ?? (beta1, beta2)
        epsilon = try options.epsilon() ?? epsilon
    }

    /// The options, defaults filled in.
    public var options: [String: OptionValue] {
        ["betas": .pair(beta1, beta2), "epsilon": .number(epsilon), "weight_decay": .number(weightDecay)]
    }

    /// The running means of the gradients and of their squares.
    public var buffers: [String] { ["mean", "square"] }

    /// One step.
    public func update(_ values: inout [Float], gradient: [Float], buffers: inout [[Float]], at step: UpdateStep) {
        update(&values, gradient, &buffers, step, isDecoupled: false)
    }

    func update(
        _ values: inout [Float], _ gradient: [Float], _ buffers: inout [[Float]], _ step: UpdateStep, isDecoupled: Bool
    ) {
        // Taken out, so that both can be written to at once.
        var (mean, square) = (buffers[0], buffers[1])
        buffers.removeAll()
        ParameterUpdates.adam(
            &values, gradient: gradient, mean: &mean, square: &square, step: step.number, rate: step.rate, beta1: beta1,
            beta2: beta2, epsilon: epsilon, weightDecay: weightDecay, decoupled: isDecoupled, threads: step.threads)
        buffers = [mean, square]
    }
}
