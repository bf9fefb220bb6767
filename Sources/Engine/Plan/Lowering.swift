import Zoo

/// What a plan runs for one image.
struct Program: Sendable {
    let steps: [any Step]
    /// The floats of each value, the caller's image and result included.
    let sizes: [Int]
    let input: Int
    let output: Int
    /// What the steps' addresses point into.
    let storage: Storage

    /// The first step from which on images are smaller than the cache and weights are what is read.
    var firstLateStep: Int { (steps.lastIndex { $0.memoryAccesses > 250_000 } ?? -1) + 1 }
}

/// Turns a draft's nodes into steps.
struct Lowering {
    let draft: Draft
    let readers: [[Int]]
    var target: Target
    var kernels: KernelSet { target.kernels }
    var steps: [any Step] = []
    /// Each node's value as its readers see it; nil for nodes that nothing reads in float32.
    var operands: [Operand?]
    /// The same in bytes.
    var byteOperands: [Operand?]
    /// The row sums of nodes in bytes whose mean is wanted.
    var byteSums: [Int: Operand] = [:]
    /// The ranges of bytes, and which nodes make them.
    let choice: ByteChoice
    let takesBytes: [Bool]
    /// The caller's image.
    var image: Operand?
    var sizes: [Int] = []
    /// By step that makes a node's value in float32, the node: for `Observation`.
    var made: [Int: Int] = [:]
    /// The row sums of nodes whose mean is wanted.
    private var sums: [Int: Operand] = [:]
    private var firstFloatNode = 0

    private init(_ draft: Draft, _ choice: ByteChoice, _ target: Target) {
        self.draft = draft
        self.target = target
        self.choice = choice
        takesBytes = draft.nodes.indices.map { choice.takes($0, of: draft) }
        byteOperands = [Operand?](repeating: nil, count: draft.nodes.count)
        readers = draft.readers()
        operands = [Operand?](repeating: nil, count: draft.nodes.count)
    }

    /// - Parameters:
    ///   - choice: what is computed in bytes.
    ///   - firstFloatNode: from which on products are of float32; before it they are of bfloat16.
    static func program(
        of draft: Draft, _ choice: ByteChoice, firstFloatNode: Int, for kernels: KernelSet, threads: Int
    ) -> Program {
        let target = Target(kernels: kernels, bytes: kernels.bytes, storage: Storage())
        var lowering = Lowering(draft, choice, target)
        lowering.firstFloatNode = firstFloatNode
        let program = lowering.lower()
        program.storage.fill(threads: threads)
        return program
    }

    /// A step whose value is seen.
    struct Seen {
        let node: Int
        let output: Operand
    }

    /// The same with every value seen: each step by itself.
    static func observed(_ draft: Draft, for kernels: KernelSet, threads: Int) -> (Program, made: [Seen?]) {
        var lowering = Lowering(
            draft, ByteChoice(draft), Target(kernels: kernels, bytes: kernels.bytes, storage: Storage()))
        let program = lowering.lower(joins: false)
        program.storage.fill(threads: threads)
        let made = program.steps.indices.map { step -> Seen? in
            guard let node = lowering.made[step], let operand = lowering.operands[node] else { return nil }
            return Seen(node: node, output: operand)
        }
        return (program, made)
    }

    private mutating func lower(joins: Bool = true) -> Program {
        let live = draft.liveNodes()
        let image = value(draft.nodes[0].shape, padded: false)
        self.image = image
        for (index, node) in draft.nodes.enumerated() where live[index] || index == 0 {
            target.isPaired = index < firstFloatNode
            if case .input = node.work {
                operands[index] = isReadPadded(index) ? copy(image, named: "input", padded: true) : image
            } else if takesBytes[index] {
                makeBytes(index, node)
            } else {
                let inputs = node.inputs.compactMap { floats($0) }
                let output = isReadInBlocks(index) ? blocks(node.shape) : value(node.shape, padded: true)
                operands[index] = output
                steps.append(step(index, node, inputs: inputs, output: output))
                made[steps.count - 1] = index
            }
        }
        // The caller's array has no padding.
        var result = floats(draft.output) ?? image
        if result.stride != result.shape.channels || result.value == image.value {
            result = copy(result, named: "output", padded: false)
        }
        return Program(
            steps: joins ? Self.joined(paired(result)) : steps, sizes: sizes, input: image.value, output: result.value,
            storage: target.storage)
    }

    /// Convolutions with a large image between them become one step.
    private func paired(_ result: Operand) -> [any Step] {
        var paired: [any Step] = []
        for step in steps {
            if let second = step as? ConvolutionStep, let first = paired.last as? ConvolutionStep,
                let pair = ConvolutionPairStep(
                    first, second,
                    isReadOnce: first.output.value != result.value
                        && steps.count { $0.reads.contains(first.output.value) } == 1)
            {
                paired[paired.count - 1] = pair
            } else {
                paired.append(step)
            }
        }
        return paired
    }

    /// Runs of steps that are too small to share become one each.
    private static func joined(_ steps: [any Step]) -> [any Step] {
        var result: [any Step] = []
        var small: [any Step] = []
        func flush() {
            if small.count > 1 { result.append(SequenceStep(steps: small)) } else { result += small }
            small = []
        }
        for step in steps {
            if step.isSmall {
                small.append(step)
            } else {
                flush()
                result.append(step)
            }
        }
        flush()
        return result
    }

    mutating func value(_ shape: Shape, padded: Bool) -> Operand {
        let operand = Operand(
            value: sizes.count, shape: shape, stride: padded ? kernels.padded(shape.channels) : shape.channels)
        sizes.append(operand.count)
        return operand
    }

    /// A value in blocks of as many channels as a depthwise convolution takes at a time.
    private mutating func blocks(_ shape: Shape) -> Operand {
        let vectors = kernels.vectors(shape.channels)
        let count = DepthwiseStep.chunks(vectors: vectors, lanes: kernels.lanes)
        let operand = Operand(
            value: sizes.count, shape: shape, stride: (vectors + count - 1) / count * kernels.lanes, blocks: count)
        sizes.append(operand.count)
        return operand
    }

    /// Whether a depthwise convolution's output is read by nothing but pointwise convolutions (and through its row
    /// sums).
    private func isReadInBlocks(_ index: Int) -> Bool {
        switch draft.nodes[index].work {
        case .convolution(let work):
            guard DepthwiseStep.takes(work, lanes: kernels.lanes), !work.isPointwise else { return false }
        case .expandedDepthwise: break
        case .input, .affine, .activation, .window, .grid, .global, .add, .multiply, .concatenate, .flatten, .normalize,
            .neighbours,
            .layerNorm, .responseNorm, .tokens, .attention, .windowAttention, .rearrange:
            return false
        }
        return readers[index].allSatisfy { reader in
            guard reader < draft.nodes.count else { return false }
            switch draft.nodes[reader].work {
            case .global(.average): return true
            case .convolution(let work):
                return work.isPointwise && !draft.nodes[reader].inputs.dropFirst().contains(index)
            case .input, .expandedDepthwise, .affine, .activation, .window, .grid, .global, .add, .multiply,
                .concatenate,
                .flatten, .normalize, .neighbours, .layerNorm, .responseNorm, .tokens, .attention, .windowAttention,
                .rearrange:
                return false
            }
        }
    }

    /// Whether the image that `reader` reads is small and of no use to anyone after it.
    private func canScaleInPlace(_ image: Int, before reader: Int) -> Bool {
        if case .input = draft.nodes[image].work { return false }
        return draft.nodes[image].shape.pixels <= ScaleStep.mostPixels
            && readers[image].filter { $0 >= reader } == [reader]
    }

    private mutating func copy(_ source: Operand, named name: String, padded: Bool) -> Operand {
        let target = value(source.shape, padded: padded)
        steps.append(ConcatenateStep(name: name, inputs: [source], output: target))
        return target
    }

    /// Whether a reader of the caller's image loads whole vectors of it: all but dense convolutions do.
    private func isReadPadded(_ index: Int) -> Bool {
        let channels = draft.nodes[index].shape.channels
        guard kernels.padded(channels) != channels else { return false }
        return readers[index].contains { reader in
            guard reader < draft.nodes.count, !takesBytes[reader] else { return false }
            switch draft.nodes[reader].work {
            case .convolution(let work):
                return DepthwiseStep.takes(work, lanes: kernels.lanes) || !work.isPlain
            case .expandedDepthwise, .concatenate, .flatten, .normalize, .neighbours, .attention, .windowAttention,
                .rearrange:
                return false
            case .input, .affine, .activation, .window, .grid, .global, .add, .multiply, .layerNorm, .responseNorm,
                .tokens:
                return true
            }
        }
    }

    /// Where a depthwise convolution leaves the sums of its rows, if the mean of its output is wanted.
    private mutating func rowSums(_ index: Int, _ output: Operand) -> Operand? {
        let isPooled = readers[index].contains { reader in
            if reader < draft.nodes.count, case .global(.average) = draft.nodes[reader].work { true } else { false }
        }
        guard isPooled else { return nil }
        let rows = Shape(height: output.shape.height, width: 1, channels: output.shape.channels)
        let operand = value(rows, padded: true)
        sums[index] = operand
        return operand
    }

    private mutating func step(_ index: Int, _ node: Draft.Node, inputs: [Operand], output: Operand) -> any Step {
        let lanes = kernels.lanes
        func elementwise(_ function: ElementwiseStep.Function, _ activation: Activation?) -> any Step {
            ElementwiseStep(
                name: node.name, function: function, input: inputs[0], second: inputs.count > 1 ? inputs[1] : nil,
                output: output, activation: activation.kernel, lanes: lanes)
        }
        switch node.work {
        case .convolution(let work) where work.isPointwise:
            var gate = work.hasGate ? inputs.last : nil
            if let factors = gate, canScaleInPlace(node.inputs[0], before: index) {
                steps.append(ScaleStep(name: node.name, image: inputs[0], gate: factors, lanes: lanes))
                gate = nil
            }
            return PointwiseStep(
                name: node.name, input: inputs[0], residual: work.hasResidual ? inputs[1] : nil, gate: gate,
                output: output, convolution: work, target: target)
        case .convolution(let work) where DepthwiseStep.takes(work, lanes: lanes):
            return DepthwiseStep(
                name: node.name, input: inputs[0], output: output, sums: rowSums(index, output), convolution: work,
                expand: nil, target: target)
        case .convolution(let work)
        where !target.isPaired
            && WinogradStep.pays(work.geometry, output: output.shape, kernels: kernels)
            && inputs[0].stride % lanes == 0:
            return WinogradStep(
                name: node.name, input: inputs[0], residual: work.hasResidual ? inputs[1] : nil, output: output,
                convolution: work, target: target)
        case .convolution(let work):
            return ConvolutionStep(
                name: node.name, input: inputs[0], residual: work.hasResidual ? inputs[1] : nil, output: output,
                convolution: work, target: target)
        case .expandedDepthwise(let expand, let depthwise):
            return DepthwiseStep(
                name: node.name, input: inputs[0], output: output, sums: rowSums(index, output),
                convolution: depthwise, expand: expand, target: target)
        case .affine(let scale, let shift, let activation):
            return elementwise(
                .affine(
                    scale: target.storage.floats(scale.map { Float($0) }, padding: output.stride),
                    shift: target.storage.floats(shift.map { Float($0) }, padding: output.stride)), activation)
        case .activation(let activation): return elementwise(.activate, activation)
        case .add(let activation): return elementwise(.add, activation)
        case .multiply(let activation): return elementwise(.multiply, activation)
        case .window(let pool):
            return WindowStep(name: node.name, input: inputs[0], output: output, pool: pool, kernels: kernels)
        case .grid: return GridStep(name: node.name, input: inputs[0], output: output, lanes: lanes)
        case .global(let pool):
            var source = inputs[0]
            if case .average = pool, let rows = sums[node.inputs[0]] { source = rows }
            return GlobalStep(
                name: node.name, input: source, divisor: inputs[0].shape.pixels, output: output, pool: pool,
                lanes: lanes)
        case .flatten: return FlattenStep(name: node.name, input: inputs[0], output: output)
        case .layerNorm(let epsilon, let affine):
            return LayerNormStep(
                name: node.name, input: inputs[0], output: output, epsilon: epsilon, affine: affine, target: target)
        case .responseNorm(let epsilon, let weight, let bias):
            return ResponseNormStep(
                name: node.name, input: inputs[0], output: output, epsilon: epsilon, weight: weight, bias: bias,
                target: target)
        case .tokens(let first, let addends):
            return TokensStep(
                name: node.name, input: inputs[0], output: output, first: first, addends: addends, target: target)
        case .attention(let attention):
            return AttentionStep(name: node.name, inputs: inputs, output: output, attention: attention, target: target)
        case .windowAttention(let windowed, let table, let bias):
            return WindowAttentionStep(
                name: node.name, input: inputs[0], output: output, windowed: windowed, table: table, bias: bias,
                target: target)
        case .rearrange(let move):
            return RearrangeStep(name: node.name, input: inputs[0], output: output, move: move, target: target)
        case .normalize: return NormalizeStep(name: node.name, input: inputs[0], output: output)
        case .neighbours(let votes):
            return NeighboursStep(name: node.name, input: inputs[0], output: output, votes: votes)
        case .input, .concatenate: return ConcatenateStep(name: node.name, inputs: inputs, output: output)
        }
    }
}
