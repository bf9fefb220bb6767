public import Zoo

/// RMSprop (`torch.optim.RMSprop`): gradients divided by the root of the running mean of their squares.
///
/// Options: `alpha` (0.99), `epsilon` (1e-8), `momentum` (0), `centered` (false), `weight_decay` (0).
public struct RMSprop: UpdateRule {
    /// The word in configurations.
    public static let kind = "rmsprop"

    /// 0.01
    public static let defaultLearningRate = 0.01

    /// Decay of the running mean of the gradients' squares.
    public var alpha = 0.99
    /// Added to the root that is divided by.
    public var epsilon = 1e-8
    /// How much of the last step goes on; 0 for none.
    public var momentum = 0.0
    /// Whether the mean gradient is taken off first: the root of the variance is divided by.
    public var centered = false
    /// How strongly weights are pulled to 0.
    public var weightDecay = 0.0

    /// PyTorch's defaults.
    public init() {}

    /// Reads the options above.
    public init(options: inout Options) throws(GraftError) {
        weightDecay = try options.weightDecay() ?? weightDecay
        alpha = try options.number("alpha", in: 0...0.999999) ?? alpha
        epsilon = try options.epsilon() ?? epsilon
        momentum = try options.number("momentum", in: 0...0.9999) ?? momentum
        centered = try options.bool("centered") ?? centered
    }

    /// The options, defaults filled in.
    public var options: [String: OptionValue] {
        [
            "alpha": .number(alpha), "epsilon": .number(epsilon), "momentum": .number(momentum),
            "centered": .bool(centered), "weight_decay": .number(weightDecay),
        ]
    }

    /// The running mean of squares; the last step and the running mean where they are needed.
    public var buffers: [String] {
        ["square"] + (momentum > 0 ? ["momentum"] : []) + (centered ? ["mean"] : [])
    }

    /// One step.
    public func update(_ values: inout [Float], gradient: [Float], buffers: inout [[Float]], at step: UpdateStep) {
        let (keep, take) = (Float(alpha), Float(1 - alpha))
        let (decay, rate, small, push) = (Float(weightDecay), Float(step.rate), Float(epsilon), Float(momentum))
        var square = buffers[0]
        var speed = momentum > 0 ? buffers[1] : []
        var mean = centered ? buffers[buffers.count - 1] : []
        buffers.removeAll()
        for index in values.indices {
            let g = gradient[index] + decay * values[index]
            square[index] = keep * square[index] + take * g * g
            var variance = square[index]
            if centered {
                mean[index] += take * (g - mean[index])
                // Rounding may leave less than nothing.
                variance = max(0, variance - mean[index] * mean[index])
            }
            var move = g / (variance.squareRoot() + small)
            if momentum > 0 {
                move += push * speed[index]
                speed[index] = move
            }
            values[index] -= rate * move
        }
        buffers = [square] + (momentum > 0 ? [speed] : []) + (centered ? [mean] : [])
    }
}
