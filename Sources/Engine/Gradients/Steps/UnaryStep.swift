import CKernels
/// What a step of one input reads and writes.
struct Ports: Sendable {
    typealias Layouts = (input: Layout, output: Layout, inputGradient: Layout, outputGradient: Layout)

    let input: Int
    let output: Int
    let layouts: Layouts
    /// Whether the input's gradient is wanted.
    let wantsInput: Bool
}

/// A step of one input.
protocol UnaryStep: TrainingStep {
    var ports: Ports { get }
}

extension UnaryStep {
    var input: Int { ports.input }
    var output: Int { ports.output }
    var inputs: [Int] { [ports.input] }
    var layouts: Ports.Layouts { ports.layouts }
    var wantsInput: Bool { ports.wantsInput }
}

/// A convolution's parameters among the plan's.
struct ConvolutionParameters: Sendable {
    /// The index of the weight; a bias follows.
    let index: Int
    let hasBias: Bool
    let isTrained: (weight: Bool, bias: Bool)
}

/// A convolution of some kind.
protocol TrainingConvolution: UnaryStep {
    var parameters: ConvolutionParameters { get }
    /// Floats in which the weight's gradient is added up; doubles for the bias follow.
    var weightSums: Int { get }
}

extension TrainingConvolution {
    var parameter: Int { parameters.index }
    var hasBias: Bool { parameters.hasBias }
    var isTrained: (weight: Bool, bias: Bool) { parameters.isTrained }
    var needs: [Int] { parameters.isTrained.weight ? [ports.input] : [] }
    var sums: Int { weightSums + BiasSum.count(layouts.outputGradient) }

    func add(_ part: UnsafeMutablePointer<Float>, to total: UnsafeMutablePointer<Float>) {
        if isTrained.weight { graft_train_add(total, part, Int64(weightSums)) }
        guard isTrained.bias else { return }
        Self.addDoubles(
            part + weightSums, to: total + weightSums, count: BiasSum.count(layouts.outputGradient) / 2)
    }
}
