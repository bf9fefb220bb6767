import Engine
public import Zoo

/// LAMB (arXiv:1904.00962, algorithm 2): Adam's step with weight decay, made as long as the parameter's values are, times
/// the rate. For large batches. A parameter of zeros, or a step of zeros, keeps its own length. Gradients are clipped by
/// `train.gradient_clip` only.
///
/// Options: `betas` ([0.9, 0.999]), `epsilon` (1e-6), `weight_decay` (0.01).
public struct LAMB: UpdateRule {
    /// The word in configurations.
    public static let kind = "lamb"

    /// The constants.
    public var adam = Adam()

    /// The paper's defaults.
    public init() {
        adam.epsilon = 1e-6
        adam.weightDecay = 0.01
    }

    /// Reads the options above.
    public init(options: inout Options) throws(GraftError) {
        adam = try Adam(options: &options)
        if options.values["epsilon"] == nil { adam.epsilon = 1e-6 }
        if options.values["weight_decay"] == nil { adam.weightDecay = 0.01 }
    }

    /// The options, defaults filled in.
    public var options: [String: OptionValue] { adam.options }

    /// As Adam's.
    public var buffers: [String] { adam.buffers }

    /// One step.
    public func update(_ values: inout [Float], gradient: [Float], buffers: inout [[Float]], at step: UpdateStep) {
        let (beta1, beta2) = (adam.beta1, adam.beta2)
        let (keep1, take1, keep2, take2) = (Float(beta1), Float(1 - beta1), Float(beta2), Float(1 - beta2))
        let scale1 = Float(1 / (1 - ParameterUpdates.power(beta1, step.number)))
        let scale2 = Float(1 / (1 - ParameterUpdates.power(beta2, step.number)).squareRoot())
        let (small, decay) = (Float(adam.epsilon), Float(adam.weightDecay))
        var (mean, square) = (buffers[0], buffers[1])
        buffers.removeAll()
        var moves = [Float](repeating: 0, count: values.count)
        for index in values.indices {
            let g = gradient[index]
            mean[index] = keep1 * mean[index] + take1 * g
            square[index] = keep2 * square[index] + take2 * g * g
            moves[index] = scale1 * mean[index] / (scale2 * square[index].squareRoot() + small) + decay * values[index]
        }
        buffers = [mean, square]
        let (length, moveLength) = (FloatSums.norm([values]), FloatSums.norm([moves]))
        let ratio = length > 0 && moveLength > 0 ? length / moveLength : 1
        let rate = Float(step.rate * ratio)
        for index in values.indices { values[index] -= rate * moves[index] }
    }
}
