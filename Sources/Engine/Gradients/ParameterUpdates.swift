import CKernels
import Synchronization

/// One optimiser step over one tensor, in place. The buffers have the tensor's size. Each value moves on its own, so that
/// the number of threads does not matter to the result.
package enum ParameterUpdates {
    /// Adam (arXiv:1412.6980) or AdamW (arXiv:1711.05101) as PyTorch computes them.
    /// - Parameters:
    ///   - step: counted from 1.
    ///   - decoupled: whether weight decay is taken off the weights (AdamW) or added to the gradient.
    ///   - threads: the most that are used.
    package static func adam(
        _ values: inout [Float], gradient: [Float], mean: inout [Float], square: inout [Float], step: Int, rate: Double,
        beta1: Double, beta2: Double, epsilon: Double, weightDecay: Double, decoupled: Bool,
        threads: Int = 1
    ) {
        precondition([gradient.count, mean.count, square.count].allSatisfy { $0 == values.count })
        let constants = graft_train_adam_constants(
            decay_gradient: decoupled ? 0 : Float(weightDecay),
            keep: decoupled ? Float(1 - rate * weightDecay) : 1,
            beta1: Float(beta1), one_minus_beta1: Float(1 - beta1),
            beta2: Float(beta2), one_minus_beta2: Float(1 - beta2),
            step_size: Float(rate / (1 - power(beta1, step))),
            inverse_root_correction: Float(1 / (1 - power(beta2, step)).squareRoot()),
            epsilon: Float(epsilon))
        adam(&values, gradient, &mean, &square, values.count, constants, threads)
    }

    private static func adam(
        _ values: UnsafeMutablePointer<Float>, _ gradient: UnsafePointer<Float>, _ mean: UnsafeMutablePointer<Float>,
        _ square: UnsafeMutablePointer<Float>, _ count: Int, _ constants: graft_train_adam_constants, _ threads: Int
    ) {
        withUnsafePointer(to: constants) { constants in
            inPieces(count, threads: threads) { start, count in
                graft_train_adam(
                    values + start, gradient + start, mean + start, square + start, Int64(count), constants)
            }
        }
    }

    /// SGD as PyTorch computes it, dampening 0.
    /// - Parameters:
    ///   - buffer: the momentum's, zeros at first; empty if `momentum` is 0.
    ///   - threads: the most that are used.
    package static func sgd(
        _ values: inout [Float], gradient: [Float], buffer: inout [Float], rate: Double, weightDecay: Double,
        momentum: Double, nesterov: Bool, threads: Int = 1
    ) {
        precondition(gradient.count == values.count && (momentum == 0 || buffer.count == values.count))
        let (rate, decay, factor) = (Float(rate), Float(weightDecay), Float(momentum))
        sgd(&values, gradient, &buffer, values.count, threads) { values, gradient, buffer, count in
            graft_train_sgd(values, gradient, buffer, count, rate, decay, factor, nesterov ? 1 : 0)
        }
    }

    private static func sgd(
        _ values: UnsafeMutablePointer<Float>, _ gradient: UnsafePointer<Float>, _ buffer: UnsafeMutablePointer<Float>,
        _ count: Int, _ threads: Int,
        _ step: (UnsafeMutablePointer<Float>, UnsafePointer<Float>, UnsafeMutablePointer<Float>, Int64) -> Void
    ) {
        // The buffer is not looked at without momentum: it is empty then.
        inPieces(count, threads: threads) { step(values + $0, gradient + $0, buffer + $0, Int64($1)) }
    }

    /// Values that a thread takes at a time: enough to be worth waking it.
    private static let pieceLength = 1 << 15

    private static func inPieces(_ count: Int, threads: Int, _ body: (_ start: Int, _ count: Int) -> Void) {
        let pieces = (count + pieceLength - 1) / pieceLength
        let next = Atomic(0)
        ThreadPool.shared.run(threads: min(threads, pieces)) { _ in
            while true {
                let start = next.add(1, ordering: .relaxed).oldValue * pieceLength
                guard start < count else { return }
                body(start, min(pieceLength, count - start))
            }
        }
    }

    /// `base` to the power of a whole number.
    package static func power(_ base: Double, _ exponent: Int) -> Double {
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
