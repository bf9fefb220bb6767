import CKernels
import Zoo

/// What acts on every value by itself: an activation, or a frozen batch norm with its running statistics and the activation
/// after it.
struct PointStep: UnaryStep {
    let ports: Ports
    /// Nil for a mere activation.
    let norm: BatchNorm?
    let activation: Activation?
    let parameter: Int
    let constants: NormConstants

    var isCheap: Bool { true }
    var needs: [Int] { wantsInput ? [input] : [] }

    func prepare(_ values: [[Float]]) {
        let statistics: ChannelStatistics, weight: [Float], bias: [Float]
        if norm != nil {
            statistics = ChannelStatistics(mean: values[parameter + 2], variance: values[parameter + 3])
            (weight, bias) = (values[parameter], values[parameter + 1])
        } else {
            weight = [Float](repeating: 1, count: layouts.input.channels)
            bias = weight.map { _ in 0 }
            statistics = ChannelStatistics(mean: bias, variance: weight)
        }
        constants.set(statistics, weight: weight, bias: bias, epsilon: norm?.epsilon ?? 0)
    }

    func forward(_ pass: Pass) {
        constants.apply(
            from: pass.values[input], layouts.input, to: pass.values[output], layouts.output, activation, pass)
    }

    func backward(_ pass: Pass) {
        guard wantsInput else { return }
        var arguments = gk_norm()
        arguments.factor = UnsafePointer(constants.scale)
        constants.gradient(
            &arguments, x: pass.values[input], layouts.input, gradient: pass.gradients[output],
            layouts.outputGradient, to: pass.gradients[input], layouts.inputGradient, activation, pass)
    }
}
