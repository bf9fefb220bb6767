import Engine
public import Zoo

/// Gradient descent (`torch.optim.SGD`, dampening 0).
///
/// Options: `momentum` (0.9), `nesterov` (false), `weight_decay` (0).
public struct SGD: UpdateRule {
    /// The word in configurations.
    public static let kind = "sgd"

    /// 0.01
    public static let defaultLearningRate = 0.01

    /// How much of the last step goes on; 0 for none.
    public var momentum = 0.0
    /// Looks one step ahead; needs momentum.
    public var nesterov = false
    /// How strongly weights are pulled to 0.
    public var weightDecay = 0.0

    /// PyTorch's defaults: no momentum, which configurations have.
    public init() {}

    /// Reads the options above.
    public init(options: inout Options) throws(GraftError) {
        weightDecay = try options.weightDecay() ?? weightDecay
        momentum = try options.number("momentum", in: 0...0.9999) ?? 0.9
        nesterov = try options.bool("nesterov") ?? nesterov
        guard !nesterov || momentum > 0 else {
            throw GraftError(
                .invalidValue, "Nesterov's step needs momentum", parameter: options.path(of: "nesterov"),
                remedy: "set \(options.path(of: "momentum")) above 0")
        }
    }

    /// The options, defaults filled in.
    public var options: [String: OptionValue] {
        ["momentum": .number(momentum), "nesterov": .bool(nesterov), "weight_decay": .number(weightDecay)]
    }

    /// The last step, where there is momentum.
    public var buffers: [String] { momentum > 0 ? ["momentum"] : [] }

    /// One step.
    public func update(_ values: inout [Float], gradient: [Float], buffers: inout [[Float]], at step: UpdateStep) {
        var none: [Float] = []
        func move(_ buffer: inout [Float]) {
            ParameterUpdates.sgd(
                &values, gradient: gradient, buffer: &buffer, rate: step.rate, weightDecay: weightDecay,
                momentum: momentum, nesterov: nesterov, threads: step.threads)
        }
        if momentum > 0 { move(&buffers[0]) } else { move(&none) }
    }
}
