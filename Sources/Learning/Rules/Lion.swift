public import Zoo

/// Lion (arXiv:2302.06675, program 1): steps of one length, in the direction of the sign of a mean; weight decay is taken
/// off the weights. Its rate is to be some ten times lower than Adam's.
///
/// Options: `betas` ([0.9, 0.99]), `weight_decay` (0).
public struct Lion: UpdateRule {
    /// The word in configurations.
    public static let kind = "lion"

    /// 0.0001
    public static let defaultLearningRate = 0.0001

    /// How much the mean counts in the step, beside the gradient.
    public var beta1 = 0.9
    /// Decay of the gradients' running mean.
    public var beta2 = 0.99
    /// How strongly weights are pulled to 0.
    public var weightDecay = 0.0

    /// The paper's defaults.
    public init() {}

    /// Reads the options above.
    public init(options: inout Options) throws(GraftError) {
        weightDecay = try options.weightDecay() ?? weightDecay
        (beta1, beta2) = try options.betas() ?? (beta1, beta2)
    }

    /// The options, defaults filled in.
    public var options: [String: OptionValue] {
        ["betas": .pair(beta1, beta2), "weight_decay": .number(weightDecay)]
    }

    /// The running mean of the gradients.
    public var buffers: [String] { ["mean"] }

    /// One step.
    public func update(_ values: inout [Float], gradient: [Float], buffers: inout [[Float]], at step: UpdateStep) {
        let (keep, rate) = (Float(1 - step.rate * weightDecay), Float(step.rate))
        let (old, new) = (Float(beta1), Float(1 - beta1))
        let (oldMean, newMean) = (Float(beta2), Float(1 - beta2))
        for index in values.indices {
            let (g, mean) = (gradient[index], buffers[0][index])
            let direction = old * mean + new * g
            values[index] = keep * values[index] - (direction > 0 ? rate : direction < 0 ? -rate : 0)
            buffers[0][index] = oldMean * mean + newMean * g
        }
    }
}
