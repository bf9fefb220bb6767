import CKernels

/// One optimiser step over one tensor, in place. The buffers have the tensor's size.
package enum ParameterUpdates {
    /// Adam (arXiv:1412.6980) or AdamW (arXiv:1711.05101) as PyTorch computes them.
    /// - Parameters:
    ///   - step: counted from 1.
    ///   - decoupled: whether weight decay is taken off the weights (AdamW) or added to the gradient.
    package static func adam(
        _ values: inout [Float], gradient: [Float], mean: inout [Float], square: inout [Float], step: Int, rate: Double,
        beta1: Double, beta2: Double, epsilon: Double, weightDecay: Double, decoupled: Bool
    ) {
        precondition([gradient.count, mean.count, square.count].allSatisfy { $0 == values.count })
        var constants = graft_train_adam_constants(
            decay_gradient: decoupled ? 0 : Float(weightDecay),
            keep: decoupled ? Float(1 - rate * weightDecay) : 1,
            beta1: Float(beta1), one_minus_beta1: Float(1 - beta1),
            beta2: Float(beta2), one_minus_beta2: Float(1 - beta2),
            step_size: Float(rate / (1 - power(beta1, step))),
            inverse_root_correction: Float(1 / (1 - power(beta2, step)).squareRoot()),
            epsilon: Float(epsilon))
        graft_train_adam(&values, gradient, &mean, &square, Int64(values.count), &constants)
    }

    /// SGD as PyTorch computes it, dampening 0.
    /// - Parameter buffer: the momentum's, zeros at first; empty if `momentum` is 0.
    package static func sgd(
        _ values: inout [Float], gradient: [Float], buffer: inout [Float], rate: Double, weightDecay: Double,
        momentum: Double, nesterov: Bool
    ) {
        precondition(gradient.count == values.count && (momentum == 0 || buffer.count == values.count))
        graft_train_sgd(
            &values, gradient, &buffer, Int64(values.count), Float(rate), Float(weightDecay), Float(momentum),
            nesterov ? 1 : 0)
    }

    private static func power(_ base: Double, _ exponent: Int) -> Double {
        // Squaring: exact enough for any step count, and the same on every platform.
        var (result, square, rest) = (1.0, base, exponent)
        while rest > 0 {
            if rest & 1 == 1 { result *= square }
            square *= square
            rest >>= 1
        }
        return result
    }
}
