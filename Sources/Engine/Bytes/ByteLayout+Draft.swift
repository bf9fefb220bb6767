package import Zoo

extension ByteLayout {
    /// What a plan with that quantization computes in 8 bits.
    /// - Throws: `GraftError` as `InferencePlan`.
    package init(_ graph: Graph, weights: StateDict, quantization: Quantization) throws(GraftError) {
        self.init()
        let shapes: [[Int]]
        do { shapes = try graph.shapes(input: graph.inputShape) } catch { throw GraftError(.shapeMismatch, error) }
        var draft = try Draft(graph, shapes: shapes, weights: weights)
        Passes.apply(to: &draft, isInBytes: true, boundary: quantization.firstFloatNode(of: graph))
        let source = LayoutSource(graph: graph, draft: draft, choice: ByteChoice(graph, quantization, draft))
        for (index, live) in draft.liveNodes().enumerated() where live && source.takes[index] {
            source.add(index, to: &self)
        }
    }
}

/// Finds the graph's nodes behind a draft's.
private struct LayoutSource {
    let graph: Graph
    let draft: Draft
    let choice: ByteChoice
    let takes: [Bool]
    let readers: [[Int]]

    init(graph: Graph, draft: Draft, choice: ByteChoice) {
        self.graph = graph
        self.draft = draft
        self.choice = choice
        takes = draft.nodes.indices.map { choice.takes($0, of: draft) }
        readers = draft.readers()
    }

    func add(_ index: Int, to layout: inout ByteLayout) {
        let node = draft.nodes[index]
        guard let range = choice[node.inputs[0]] else { return }
        switch node.work {
        case .expandedDepthwise(let expand, let depthwise):
            guard let between = depthwise.expanded, let made = choice[between] else { return }
            layout.read[expand.source] = [0: range]
            addLayer(expand, range, value: linear(expand, at: between), to: &layout)
            addFunction(expand, made: between, to: &layout)
            addLayer(depthwise, made, value: linear(depthwise, at: index), to: &layout)
            addFunction(depthwise, made: index, to: &layout)
        case .convolution(let work):
            var input = range
            if work.hasGate, let product = work.gated, let scaled = choice[product] {
                layout.read[product] = [0: range, 1: choice[node.inputs.last]].compactMapValues { $0 }
                layout.made[product] = scaled
                input = scaled
            } else {
                layout.read[work.source] = [0: range]
            }
            let value = work.isPooled ? work.pooled ?? index : index
            var sums = linear(work, at: value)
            if work.hasResidual, let sum = addition(behind: index) {
                for (place, each) in graph.nodes[sum].inputs.enumerated() {
                    if stem(each) == node.inputs[1] {
                        if let range = choice[node.inputs[1]] { layout.read[sum, default: [:]][place] = range }
                    } else {
                        sums = stem(each)
                    }
                }
            }
            addLayer(work, input, value: sums, to: &layout)
            // As `Lowering` has it: sums of products that nobody reads in bytes are not rounded.
            let isFloat =
                choice[value] == nil
                || work.activation == nil && work.geometry.groups == 1 && !work.hasResidual && !work.isPooled
                    && !isReadInBytes(index)
            if !isFloat { addFunction(work, made: value, to: &layout) }
            if work.isPooled, isReadInBytes(index) { layout.made[index] = choice[index] }
        case .global:
            layout.read[index] = [0: range]
            if isReadInBytes(index) { layout.made[index] = choice[index] }
        case .add:
            guard let sum = addition(behind: index) else { return }
            layout.read[sum] = [0: choice[graphInput(0, of: sum)], 1: choice[graphInput(1, of: sum)]]
                .compactMapValues { $0 }
            layout.made[index] = choice[index]
        case .window:
            layout.read[index] = [0: range]
            layout.made[index] = choice[index]
        case .input, .affine, .activation, .grid, .multiply, .concatenate, .flatten, .normalize, .neighbours,
            .layerNorm,
            .responseNorm, .tokens, .attention, .windowAttention, .rearrange:
            return
        }
    }

    /// The node whose value a convolution's sums are, before its activation.
    private func linear(_ work: ConvolutionWork, at value: Int) -> Int {
        work.activation == nil || work.hasResidual ? value : work.linear ?? value
    }

    private func addLayer(
        _ work: ConvolutionWork, _ input: ByteRange, value: Int, to layout: inout ByteLayout
    ) {
        let channels = ByteChannels(
            work, columns: 0..<work.geometry.outputs,
            ByteScaling(input: ByteRange(scale: input.scale, zero: 0), output: nil))
        layout.layers[work.source] = ByteLayout.Layer(
            weights: channels.weights, scales: channels.multipliers.map { $0 / input.scale },
            biases: channels.biases, units: channels.multipliers)
        // What was folded lies between the layer and its sums.
        var place = value
        while place > work.source {
            if isFoldable(graph.nodes[place].operation) { layout.folded.insert(place) }
            place = graph.nodes[place].inputs[0]
        }
    }

    private func addFunction(_ work: ConvolutionWork, made value: Int, to layout: inout ByteLayout) {
        layout.made[value] = choice[value]
        switch work.activation {
        case nil, .relu, .relu6: break
        case .silu, .hardSwish, .hardSigmoid, .sigmoid, .gelu, .geluTanh, .quickGELU:
            if let linear = work.linear { layout.made[linear] = choice[linear] }
        }
    }

    /// The graph's sum whose value, or whose activation's, is node `index`.
    private func addition(behind index: Int) -> Int? {
        var place = index
        while true {
            switch graph.nodes[place].operation {
            case .add: return place
            case .activation, .dropout, .flatten: place = graph.nodes[place].inputs[0]
            case .input, .convolution, .batchNorm, .pool, .gridPool, .globalPool, .multiply, .concatenate, .linear,
                .layerNorm, .layerScale, .tokens, .attention, .slice, .responseNorm, .spaceToDepth, .pad,
                .channelShuffle,
                .normalize, .neighbours:
                return nil
            }
        }
    }

    /// The node that a value is, without what changes nothing.
    private func stem(_ value: Int) -> Int {
        var place = value
        while case .dropout = graph.nodes[place].operation { place = graph.nodes[place].inputs[0] }
        return place
    }

    private func graphInput(_ place: Int, of node: Int) -> Int { stem(graph.nodes[node].inputs[place]) }

    private func isReadInBytes(_ index: Int) -> Bool {
        readers[index].contains { $0 < draft.nodes.count && takes[$0] }
    }

    /// Whether an operation of the graph may have become part of the convolution before it.
    private func isFoldable(_ operation: Operation) -> Bool {
        switch operation {
        case .batchNorm, .layerScale: true
        case .input, .convolution, .activation, .pool, .gridPool, .globalPool, .multiply, .add, .concatenate, .dropout,
            .flatten, .linear, .layerNorm, .tokens, .attention, .slice, .responseNorm, .spaceToDepth, .pad,
            .channelShuffle,
            .normalize, .neighbours:
            false
        }
    }
}
