import Zoo

/// What a plan runs for one image.
struct Program: Sendable {
    var steps: [any Step]
    /// The floats of each value, the caller's image and result included.
    var sizes: [Int]
    let input: Int
    let output: Int
}

/// Turns a draft's nodes into steps.
struct Lowering {
    private let draft: Draft
    private let kernels: KernelSet
    private var steps: [any Step] = []
    /// Each node's value as its readers see it; nil for nodes that nothing reads.
    private var operands: [Operand?]
    private var sizes: [Int] = []

    private init(_ draft: Draft, _ kernels: KernelSet) {
        self.draft = draft
        self.kernels = kernels
        operands = [Operand?](repeating: nil, count: draft.nodes.count)
    }

    static func program(of draft: Draft, for kernels: KernelSet) -> Program {
        var lowering = Lowering(draft, kernels)
        return lowering.lower()
    }

    private mutating func lower() -> Program {
        let live = draft.liveNodes()
        let image = value(draft.nodes[0].shape, padded: false)
        for (index, node) in draft.nodes.enumerated() where live[index] || index == 0 {
            if case .input = node.work {
                operands[index] = isReadPadded(index) ? copy(image, named: "input", padded: true) : image
            } else {
                let inputs = node.inputs.compactMap { operands[$0] }
                let output = value(node.shape, padded: true)
                operands[index] = output
                steps.append(step(node, inputs: inputs, output: output))
            }
        }
        // The caller's array has no padding.
        var result = operands[draft.output] ?? image
        if result.stride != result.shape.channels || result.value == image.value {
            result = copy(result, named: "output", padded: false)
        }
        return Program(steps: steps, sizes: sizes, input: image.value, output: result.value)
    }

    private mutating func value(_ shape: Shape, padded: Bool) -> Operand {
        let operand = Operand(
            value: sizes.count, shape: shape, stride: padded ? kernels.padded(shape.channels) : shape.channels)
        sizes.append(operand.count)
        return operand
    }

    private mutating func copy(_ source: Operand, named name: String, padded: Bool) -> Operand {
        let target = value(source.shape, padded: padded)
        steps.append(ConcatenateStep(name: name, inputs: [source], output: target))
        return target
    }

    /// Whether a reader of the caller's image loads whole vectors of it: all but dense convolutions do.
    private func isReadPadded(_ index: Int) -> Bool {
        let shape = draft.nodes[index].shape
        guard kernels.padded(shape.channels) != shape.channels else { return false }
        return draft.readers()[index].contains { reader in
            guard reader < draft.nodes.count else { return false }
            switch draft.nodes[reader].work {
            case .convolution(let work):
                return work.geometry.isDepthwise || draft.nodes[reader].inputs.dropFirst().contains(index)
            case .concatenate, .flatten: return false
            case .input, .affine, .activation, .window, .global, .add, .multiply: return true
            }
        }
    }

    private func step(_ node: Draft.Node, inputs: [Operand], output: Operand) -> any Step {
        func elementwise(_ function: ElementwiseStep.Function, _ activation: Activation?) -> any Step {
            ElementwiseStep(
                name: node.name, function: function, input: inputs[0], second: inputs.count > 1 ? inputs[1] : nil,
                output: output, activation: activation.kernel, lanes: kernels.lanes)
        }
        switch node.work {
        case .convolution(let work) where work.isPointwise:
            return PointwiseStep(
                name: node.name, input: inputs[0], residual: inputs.count > 1 ? inputs[1] : nil, output: output,
                convolution: work, kernels: kernels)
        case .convolution(let work) where work.geometry.isDepthwise && inputs.count == 1:
            return DepthwiseStep(
                name: node.name, input: inputs[0], output: output, convolution: work, kernels: kernels)
        case .convolution(let work):
            return ConvolutionStep(
                name: node.name, input: inputs[0], residual: inputs.count > 1 ? inputs[1] : nil, output: output,
                convolution: work, kernels: kernels)
        case .affine(let scale, let shift, let activation):
            return elementwise(
                .affine(
                    scale: FloatBuffer(scale.map { Float($0) }, padding: output.stride),
                    shift: FloatBuffer(shift.map { Float($0) }, padding: output.stride)), activation)
        case .activation(let activation): return elementwise(.activate, activation)
        case .add(let activation): return elementwise(.add, activation)
        case .multiply(let activation): return elementwise(.multiply, activation)
        case .window(let pool):
            return WindowStep(name: node.name, input: inputs[0], output: output, pool: pool, kernels: kernels)
        case .global(let pool):
            return GlobalStep(
                name: node.name, input: inputs[0], output: output, pool: pool, lanes: kernels.lanes)
        case .flatten: return FlattenStep(name: node.name, input: inputs[0], output: output)
        case .input, .concatenate: return ConcatenateStep(name: node.name, inputs: inputs, output: output)
        }
    }
}
