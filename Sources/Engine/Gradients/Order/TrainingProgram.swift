import Zoo

/// A graph's layers as steps: batch norms joined with the activations after them, every convolution as what it is.
struct TrainingProgram: Sendable {
    let input: InputStep
    /// In the graph's order; the first takes the input over.
    let steps: [any TrainingStep]
    /// By node.
    let layouts: [Layout]
    let gradientLayouts: [Layout]
    let storage: Storage

    init(_ graph: Graph, _ facts: TrainingFacts, _ kernels: KernelSet) {
        storage = Storage()
        var builder = Builder(
            graph: graph, facts: facts, target: Target(kernels: kernels, bytes: kernels.bytes, storage: storage))
        builder.findLayouts()
        input = InputStep(layout: builder.layouts[0])
        var steps: [any TrainingStep] = [input]
        for index in graph.nodes.indices.dropFirst() where !builder.fused.contains(index) {
            steps.append(builder.step(index))
        }
        self.steps = steps
        layouts = builder.layouts
        gradientLayouts = builder.gradientLayouts
    }
}

/// What a plan knows of its graph beside the layers.
struct TrainingFacts: Sendable {
    /// By node.
    let shapes: [[Int]]
    let firstParameter: [Int]
    let needsGradient: [Bool]
    /// By parameter.
    let isTrained: [Bool]
    let seed: UInt64
}

private struct Builder {
    let graph: Graph
    let facts: TrainingFacts
    let target: Target
    var layouts: [Layout] = []
    var gradientLayouts: [Layout] = []
    /// Activations that belong to the batch norm before them.
    var fused: Set<Int> = []

    mutating func findLayouts() {
        let kernels = target.kernels
        layouts = facts.shapes.map { Layout($0, stride: kernels.padded($0.last ?? 1)) }
        let readers = (0..<graph.nodes.count).map { value in graph.nodes.filter { $0.inputs.contains(value) } }
        // A photograph's three channels need no room for more where they are gathered one by one.
        if readers[0].allSatisfy({ isGathered($0) }) {
            layouts[0] = Layout(facts.shapes[0], stride: facts.shapes[0].last ?? 1)
        }
        gradientLayouts = layouts
        for (index, node) in graph.nodes.enumerated() {
            if case .convolution(let convolution) = node.operation, isDepthwise(convolution) {
                let geometry = geometry(index, convolution)
                let input = node.inputs[0]
                layouts[input].margins = layouts[input].margins.union(
                    DepthwiseTrainingStep.inputMargins(geometry))
                gradientLayouts[index].margins = gradientLayouts[index].margins.union(
                    DepthwiseTrainingStep.gradientMargins(geometry))
            }
            if case .convolution(let convolution) = node.operation, isWinograd(index, convolution) {
                let geometry = geometry(index, convolution), input = node.inputs[0]
                layouts[input].margins = layouts[input].margins.union(
                    WinogradTrainingStep.inputMargins(geometry, input: layouts[input], output: layouts[index]))
                gradientLayouts[index].margins = gradientLayouts[index].margins.union(
                    WinogradTrainingStep.gradientMargins(geometry, input: layouts[input], output: layouts[index]))
            }
            if node.operation.hasState, readers[index].count == 1,
                case .activation = readers[index][0].operation,
                let reader = graph.nodes.firstIndex(where: { $0.inputs.contains(index) })
            {
                fused.insert(reader)
            }
        }
    }

    private func isGathered(_ node: Graph.Node) -> Bool {
        guard case .convolution(let convolution) = node.operation else { return false }
        return !isDepthwise(convolution) && !isPointwise(convolution, node)
            && !(graph.nodes.firstIndex(of: node).map { isWinograd($0, convolution) } ?? false)
    }

    private func isWinograd(_ index: Int, _ convolution: Convolution) -> Bool {
        let geometry = geometry(index, convolution), output = geometry.output
        return WinogradStep.pays(convolution, output: output, kernels: target.kernels)
            && geometry.before.height <= 2 && geometry.before.width <= 2
            && output.height <= geometry.input.height + 2 - geometry.before.height
            && output.width <= geometry.input.width + 2 - geometry.before.width
    }

    private func isDepthwise(_ convolution: Convolution) -> Bool {
        convolution.isDepthwise
            && (convolution.dilation == 1
                || convolution.dilation.height == 1 && convolution.stride.width == 1
                || convolution.dilation.width == 1 && convolution.stride.height == 1 || convolution.stride == 1)
    }

    private func isPointwise(_ convolution: Convolution, _ node: Graph.Node) -> Bool {
        guard convolution.kernel == 1, convolution.stride == 1, convolution.groups == 1 else { return false }
        let input = layouts[node.inputs[0]]
        return geometryOf(convolution, input: facts.shapes[node.inputs[0]], output: facts.shapes[node.inputs[0]])
            .before == 0 && input.pixels == outputPixels(node)
    }

    private func outputPixels(_ node: Graph.Node) -> Int {
        graph.nodes.firstIndex(of: node).map { layouts[$0].pixels } ?? 0
    }

    private func geometryOf(_ convolution: Convolution, input: [Int], output: [Int]) -> WindowGeometry {
        WindowGeometry(
            kernel: convolution.kernel, stride: convolution.stride, dilation: convolution.dilation,
            padding: convolution.padding, input: Shape(input), output: Shape(output))
    }

    private func geometry(_ index: Int, _ convolution: Convolution) -> WindowGeometry {
        geometryOf(
            convolution, input: facts.shapes[graph.nodes[index].inputs[0]], output: facts.shapes[index])
    }

    /// The value that a node's step makes: that of its activation, where it has one.
    private func output(_ index: Int) -> Int {
        graph.nodes.indices.first { fused.contains($0) && graph.nodes[$0].inputs[0] == index } ?? index
    }

    func step(_ index: Int) -> any TrainingStep {
        let node = graph.nodes[index]
        let input = node.inputs[0], output = output(index)
        let places = (
            input: layouts[input], output: layouts[output], inputGradient: gradientLayouts[input],
            outputGradient: gradientLayouts[output]
        )
        let wants = node.inputs.map { facts.needsGradient[$0] }
        let ports = Ports(input: input, output: output, layouts: places, wantsInput: wants[0])
        switch node.operation {
        case .convolution(let convolution):
            return self.convolution(index, convolution, ports)
        case .batchNorm(let norm):
            var activation: Activation?
            if output != index, case .activation(let found) = graph.nodes[output].operation { activation = found }
            let first = facts.firstParameter[index]
            let constants = NormConstants(channels: norm.channels, target)
            if facts.isTrained[first] || facts.isTrained[first + 1] {
                return BatchNormStep(
                    ports: ports, norm: norm, activation: activation, parameter: first,
                    isTrained: (facts.isTrained[first], facts.isTrained[first + 1]), constants: constants,
                    state: BatchNormStep.State())
            }
            return PointStep(
                ports: ports, norm: norm, activation: activation, parameter: first, constants: constants)
        case .activation(let activation):
            return PointStep(
                ports: ports, norm: nil, activation: activation, parameter: 0,
                constants: NormConstants(channels: places.input.channels, target))
        case .pool(let pool):
            return WindowPoolStep(
                ports: ports,
                geometry: WindowGeometry(
                    kernel: pool.kernel, stride: pool.stride, padding: pool.padding,
                    input: Shape(facts.shapes[input]), output: Shape(facts.shapes[index])),
                kind: pool.kind)
        case .globalPool(.average):
            return AveragePoolStep(ports: ports)
        case .multiply where layouts[node.inputs[1]].pixels == 1 && input != node.inputs[1]:
            return GateStep(
                input: input, gate: node.inputs[1], output: output, layouts: places,
                gateLayout: layouts[node.inputs[1]], wantsInput: wants[0], wantsGate: wants[1])
        case .add(let probability) where input != node.inputs[1]:
            return AddStep(
                first: input, second: node.inputs[1], output: output,
                layouts: (places.input, layouts[node.inputs[1]], places.output),
                gradientLayouts: (places.inputGradient, gradientLayouts[node.inputs[1]], places.outputGradient),
                wants: (wants[0], wants[1]), probability: probability, source: source(index))
        case .linear(let linear) where facts.shapes[input].count > 1:
            let parameters = convolutionParameters(index, hasBias: linear.bias)
            return pointwise(inputs: linear.inputs, outputs: linear.outputs, parameters, ports)
        case .layerNorm(let norm):
            return LayerNormTrainingStep(
                ports: ports, norm: norm, parameter: facts.firstParameter[index], isTrained: isTrained(index),
                weight: buffer(places.input.stride), bias: buffer(places.input.stride))
        case .layerScale(let scale):
            return LayerScaleTrainingStep(
                ports: ports, scale: scale, parameter: facts.firstParameter[index], isTrained: isTrained(index),
                factors: buffer(places.input.stride), shift: buffer(places.input.stride),
                zeros: buffer(places.outputGradient.stride))
        case .tokens(let embedding, _):
            return TokensTrainingStep(
                ports: ports, embedding: embedding, parameter: facts.firstParameter[index], isTrained: isTrained(index),
                size: Extent(height: places.input.height, width: places.input.width),
                addends: buffer(places.output.count))
        case .attention(let attention):
            if let windowed = WindowedAttention(attention, shape: facts.shapes[input]) {
                return WindowAttentionTrainingStep(
                    ports: ports, scores: WindowScores(windowed, target: target),
                    parameter: facts.firstParameter[index], isTrained: isTrained(index))
            }
            let sources = node.inputs.map { layouts[$0] }
            let geometry = AttentionGeometry(
                attention, channels: sources.map(\.channels), queries: places.output.pixels,
                keys: sources[sources.count - 1].pixels)
            return AttentionTrainingStep(
                inputs: node.inputs, output: output, sources: sources,
                gradientSources: node.inputs.map { gradientLayouts[$0] }, result: places.output,
                resultGradient: places.outputGradient, wants: wants, geometry: geometry,
                products: AttentionProducts(columns: max(geometry.size, geometry.keys), target))
        case .responseNorm(let norm):
            return ResponseNormTrainingStep(
                ports: ports, norm: norm, parameter: facts.firstParameter[index], isTrained: isTrained(index),
                state: ResponseNormTrainingStep.State())
        case .input, .globalPool, .multiply, .add, .concatenate, .dropout, .flatten, .linear, .slice, .gridPool,
            .spaceToDepth, .pad,
            .channelShuffle, .normalize, .neighbours:
            return ArrayStep(
                operation: node.operation, inputs: node.inputs, output: output,
                layouts: (
                    node.inputs.map { layouts[$0] }, places.output, node.inputs.map { gradientLayouts[$0] },
                    places.outputGradient
                ), shape: facts.shapes[input], wants: wants, parameter: facts.firstParameter[index],
                isTrained: isTrained(index), source: source(index),
                move: Rearrangement(node.operation, shape: facts.shapes[input]))
        }
    }

    /// By parameter of the node.
    private func isTrained(_ index: Int) -> [Bool] {
        graph.nodes[index].parameters.indices.map { facts.isTrained[facts.firstParameter[index] + $0] }
    }

    private func convolutionParameters(_ index: Int, hasBias: Bool) -> ConvolutionParameters {
        let trained = isTrained(index)
        return ConvolutionParameters(
            index: facts.firstParameter[index], hasBias: hasBias, isTrained: (trained[0], hasBias && trained[1]))
    }

    private func buffer(_ count: Int) -> UnsafeMutableBuffer { UnsafeMutableBuffer(count: count, target) }

    /// A matrix product at every position.
    private func pointwise(
        inputs: Int, outputs: Int, _ parameters: ConvolutionParameters, _ ports: Ports
    ) -> PointwiseTrainingStep {
        PointwiseTrainingStep(
            ports: ports, parameters: parameters, weights: PackedWeights(depth: inputs, columns: outputs, target),
            transposed: PackedWeights(depth: outputs, columns: inputs, target),
            bias: buffer(ports.layouts.output.stride),
            zeros: buffer(max(target.kernels.padded(inputs), ports.layouts.output.stride)),
            sum: OuterSum(rows: inputs, columns: outputs, target.kernels))
    }

    private func source(_ index: Int) -> RandomSource { RandomSource(seed: facts.seed, node: index, of: graph) }

    private func convolution(
        _ index: Int, _ convolution: Convolution, _ ports: Ports
    ) -> any TrainingStep {
        let places = ports.layouts, groups = convolution.groups
        let parameters = convolutionParameters(index, hasBias: convolution.bias)
        if isDepthwise(convolution) {
            let taps = convolution.kernel.height * convolution.kernel.width * places.input.stride
            return DepthwiseTrainingStep(
                ports: ports, parameters: parameters, geometry: geometry(index, convolution), taps: buffer(taps),
                remainderTaps: buffer(taps), bias: buffer(places.output.stride), zeros: buffer(places.input.stride))
        }
        if isWinograd(index, convolution) {
            let before = geometry(index, convolution).before, lanes = target.kernels.lanes
            return WinogradTrainingStep(
                ports: ports, parameters: parameters,
                product: WinogradProduct(
                    source: places.input, result: places.output, before: before,
                    weights: PackedWeights(depth: convolution.inputs, columns: convolution.outputs, groups: 16, target),
                    lanes: lanes),
                backProduct: WinogradProduct(
                    source: places.outputGradient, result: places.inputGradient,
                    before: WinogradTrainingStep.back(before),
                    weights: PackedWeights(depth: convolution.outputs, columns: convolution.inputs, groups: 16, target),
                    lanes: lanes), bias: buffer(places.output.stride),
                zeros: buffer(max(places.input.stride, places.output.stride)),
                sum: OuterSum(rows: convolution.inputs, columns: convolution.outputs, target.kernels),
                kernels: target.kernels)
        }
        if isPointwise(convolution, graph.nodes[index]) {
            return pointwise(inputs: convolution.inputs, outputs: convolution.outputs, parameters, ports)
        }
        let depth = convolution.kernel.height * convolution.kernel.width * convolution.inputs / groups
        let outputs = convolution.outputs / groups
        let weights = PackedWeights(depth: depth, columns: outputs, groups: groups, target)
        let transposed = PackedWeights(depth: outputs, columns: depth, groups: groups, target)
        let zeros = buffer(max(target.kernels.padded(depth), places.output.stride))
        let sum = OuterSum(rows: depth, columns: outputs, target.kernels)
        return WindowTrainingStep(
            ports: ports, parameters: parameters, geometry: geometry(index, convolution), groups: groups,
            weights: weights, transposed: transposed,
            bias: buffer(groups * target.kernels.padded(outputs)), zeros: zeros, sum: sum)
    }
}
