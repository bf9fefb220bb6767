import Zoo

extension Lowering {
    /// A node's value in float32; made of its bytes where there is nothing else.
    mutating func floats(_ index: Int) -> Operand? {
        if let operand = operands[index] { return operand }
        guard let bytes = byteOperands[index], let range = choice[index] else { return nil }
        let output = floatValue(bytes.shape)
        steps.append(
            ByteMapStep(
                name: draft.nodes[index].name, map: .dequantize, input: bytes, inputRange: range, second: nil,
                output: output, function: nil, lanes: target.bytes.lanes))
        operands[index] = output
        return output
    }

    /// A node's value in bytes; made of float32 where there is nothing else.
    private mutating func bytes(_ index: Int, _ range: ByteRange) -> Operand? {
        if let operand = byteOperands[index] { return operand }
        guard let source = index == 0 ? image : operands[index] else { return nil }
        let output = byteValue(source.shape)
        steps.append(QuantizeStep(name: draft.nodes[index].name, input: source, output: output, inputRange: range))
        byteOperands[index] = output
        return output
    }

    /// Whole vectors of every set of byte kernels.
    private mutating func floatValue(_ shape: Shape) -> Operand {
        let stride = max(ByteKernels.padded(shape.channels), kernels.padded(shape.channels))
        let operand = Operand(value: sizes.count, shape: shape, stride: stride)
        sizes.append(operand.count)
        return operand
    }

    /// - Parameter stride: bytes between pixels; nil for the channels, filled up.
    private mutating func byteValue(_ shape: Shape, stride: Int? = nil, blocks: Int = 1) -> Operand {
        let operand = Operand(
            value: sizes.count, shape: shape, stride: stride ?? ByteKernels.padded(shape.channels), blocks: blocks)
        // Products read groups of four and copies whole chunks, beyond the last pixel too.
        sizes.append((operand.count + ByteDepthwiseStep.width) / 4 + 1)
        return operand
    }

    /// Whether some reader takes the node's bytes.
    private func isReadInBytes(_ index: Int) -> Bool {
        readers[index].contains { $0 < draft.nodes.count && takesBytes[$0] }
    }

    /// Whether a depthwise convolution's bytes may lie in blocks of channels: nothing but products and means reads them.
    private func mayLieInBlocks(_ index: Int) -> Bool {
        readers[index].allSatisfy { reader in
            guard reader < draft.nodes.count, takesBytes[reader] else { return false }
            switch draft.nodes[reader].work {
            case .global: return true
            case .convolution(let work):
                return work.isPointwise && !draft.nodes[reader].inputs.dropFirst().contains(index)
            case .input, .expandedDepthwise, .affine, .activation, .window, .grid, .add, .multiply, .concatenate,
                .flatten, .normalize, .neighbours, .layerNorm, .responseNorm, .tokens, .attention, .windowAttention,
                .rearrange:
                return false
            }
        }
    }

    /// The steps of a node that `choice` takes.
    mutating func makeBytes(_ index: Int, _ node: Draft.Node) {
        guard let range = choice[node.inputs[0]] else { return }
        switch node.work {
        case .convolution(let work) where work.geometry.isDepthwise && work.isPlain && !work.isPointwise:
            guard let input = bytes(node.inputs[0], range) else { return }
            makeDepthwise(index, node, input, range, work, expand: nil)
        case .expandedDepthwise(let expand, let depthwise):
            guard let input = bytes(node.inputs[0], range), let between = choice[depthwise.expanded],
                let function = ByteFunction(
                    expand.activation, linear: choice[expand.linear], range: between, target.storage)
            else { return }
            makeDepthwise(index, node, input, between, depthwise, expand: (expand, range, function))
        case .convolution(let work): makeProduct(index, node, work, range)
        case .global:
            guard let input = bytes(node.inputs[0], range) else { return }
            makeMean(index, node, of: input, range, sums: byteSums[node.inputs[0]])
        case .add(let activation):
            guard let other = choice[node.inputs[1]], let made = choice[index],
                let first = bytes(node.inputs[0], range), let second = bytes(node.inputs[1], other)
            else { return }
            let output = byteValue(node.shape)
            steps.append(
                ByteMapStep(
                    name: node.name, map: .add, input: first, inputRange: range, second: (second, other),
                    output: output,
                    function: ByteFunction(activation, linear: nil, range: made, target.storage),
                    lanes: target.bytes.lanes))
            byteOperands[index] = output
        case .window(let pool):
            guard let input = bytes(node.inputs[0], range) else { return }
            let output = byteValue(node.shape)
            steps.append(
                ByteWindowStep(name: node.name, input: input, output: output, pool: pool, lanes: target.bytes.lanes))
            byteOperands[index] = output
        case .input, .affine, .activation, .grid, .multiply, .concatenate, .flatten, .normalize, .neighbours,
            .layerNorm,
            .responseNorm, .tokens, .attention, .windowAttention, .rearrange:
            return
        }
    }

    private mutating func makeDepthwise(
        _ index: Int, _ node: Draft.Node, _ input: Operand, _ range: ByteRange, _ work: ConvolutionWork,
        expand: (work: ConvolutionWork, range: ByteRange, function: ByteFunction)?
    ) {
        guard let made = choice[index],
            let function = ByteFunction(work.activation, linear: choice[work.linear], range: made, target.storage)
        else { return }
        let chunks = (node.shape.channels + ByteDepthwiseStep.width - 1) / ByteDepthwiseStep.width
        let output =
            mayLieInBlocks(index)
            ? byteValue(node.shape, stride: ByteDepthwiseStep.width, blocks: chunks)
            : byteValue(node.shape, stride: chunks * ByteDepthwiseStep.width)
        let isAveraged = readers[index].contains { reader in
            guard reader < draft.nodes.count, takesBytes[reader] else { return false }
            if case .global = draft.nodes[reader].work { return true } else { return false }
        }
        if isAveraged {
            let width = chunks * ByteDepthwiseStep.width
            let sums = Operand(
                value: sizes.count, shape: Shape(height: node.shape.height, width: 1, channels: width), stride: width)
            sizes.append(sums.count)
            byteSums[index] = sums
        }
        steps.append(
            ByteDepthwiseStep(
                name: node.name, input: input, output: output, sums: byteSums[index], range: range, function: function,
                convolution: work,
                expand: expand, target: target))
        byteOperands[index] = output
    }

    private mutating func makeProduct(
        _ index: Int, _ node: Draft.Node, _ work: ConvolutionWork, _ range: ByteRange
    ) {
        let value = work.isPooled ? work.pooled ?? index : index
        // Sums that are read in float32 only need not be rounded.
        let isFloat =
            choice[value] == nil
            || work.activation == nil && !work.hasResidual && !work.isPooled && !isReadInBytes(index)
        var function: ByteFunction?
        if !isFloat, let made = choice[value] {
            function = ByteFunction(work.activation, linear: choice[work.linear], range: made, target.storage)
        }
        var residual: (operand: Operand, range: ByteRange)?
        if work.hasResidual, let range = choice[node.inputs[1]], let operand = bytes(node.inputs[1], range) {
            residual = (operand, range)
        }
        let shape = work.isPooled ? draft.nodes[value].shape : node.shape
        let output: Operand
        if !work.isPointwise {
            // Rows are copied anyway: float32 becomes bytes on the way.
            let source = node.inputs[0] == 0 ? image : operands[node.inputs[0]]
            let readsFloats =
                byteOperands[node.inputs[0]] == nil && readers[node.inputs[0]].count == 1
                && source.map { $0.stride == $0.shape.channels && $0.blocks == 1 } ?? false
            guard let input = readsFloats ? source : bytes(node.inputs[0], range) else { return }
            output = isFloat ? floatValue(shape) : byteValue(shape)
            if !readsFloats && ByteWinogradStep.pays(work, output: shape, kernels: target.bytes) {
                steps.append(
                    ByteWinogradStep(
                        name: node.name, input: input, range: range, residual: residual, output: output,
                        function: function, convolution: work, target: target))
            } else {
                steps.append(
                    ByteConvolutionStep(
                        name: node.name, input: input, range: range, readsFloats: readsFloats, residual: residual,
                        output: output, function: function, convolution: work, target: target))
            }
        } else {
            guard var input = bytes(node.inputs[0], range) else { return }
            var range = range
            if work.hasGate, let scaled = choice[work.gated], let gateNode = node.inputs.last,
                let gateRange = choice[gateNode], let gate = bytes(gateNode, gateRange)
            {
                let product = byteValue(input.shape, stride: input.stride, blocks: input.blocks)
                steps.append(
                    ByteMapStep(
                        name: node.name, map: .scale, input: input, inputRange: range, second: (gate, gateRange),
                        output: product, function: ByteFunction(nil, linear: nil, range: scaled, target.storage),
                        lanes: target.bytes.lanes))
                (input, range) = (product, scaled)
            }
            output = isFloat ? floatValue(shape) : byteValue(shape)
            steps.append(
                ByteProductStep(
                    name: node.name, input: input, range: range, residual: residual, output: output,
                    function: function, convolution: work, target: target))
        }
        if work.isPooled, let made = choice[value] {
            makeMean(index, node, of: output, made, sums: nil)
        } else if isFloat {
            operands[index] = output
        } else {
            byteOperands[index] = output
        }
    }

    private mutating func makeMean(
        _ index: Int, _ node: Draft.Node, of input: Operand, _ range: ByteRange, sums: Operand?
    ) {
        let made = isReadInBytes(index) ? choice[index] : nil
        let output = made == nil ? floatValue(node.shape) : byteValue(node.shape)
        steps.append(
            ByteMeanStep(
                name: node.name, input: input, inputRange: range, sums: sums, output: output, made: made,
                lanes: target.bytes.lanes))
        if made == nil { operands[index] = output } else { byteOperands[index] = output }
    }
}
