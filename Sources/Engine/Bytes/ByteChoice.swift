import Zoo

/// Which of a draft's nodes are computed in bytes: those whose inputs and results have ranges, and whose work has kernels.
struct ByteChoice {
    /// By node of the graph; nil for values that stay float32.
    private(set) var ranges: [ByteRange?]
    private let floats: [Bool]

    init(_ graph: Graph, _ quantization: Quantization?, _ draft: Draft) {
        let keys = graph.valueKeys
        ranges = keys.map { key in quantization?.ranges[key].flatMap { $0.isUsable ? $0 : nil } }
        floats = keys.map { quantization?.floatLayers.contains($0) ?? true }
        // A maximum is one of its input's bytes.
        for (index, node) in draft.nodes.enumerated() where takes(index, of: draft) {
            if case .window = node.work { ranges[index] = ranges[node.inputs[0]] }
        }
    }

    /// Nothing.
    init(_ draft: Draft) {
        ranges = draft.nodes.map { _ in nil }
        floats = draft.nodes.map { _ in true }
    }

    /// What is computed in bytes and has weights, in order.
    func layers(of graph: Graph, _ draft: Draft) -> [ByteLayer] {
        let keys = graph.valueKeys, live = draft.liveNodes()
        return draft.nodes.indices.filter { live[$0] && takes($0, of: draft) }.compactMap { index in
            switch draft.nodes[index].work {
            case .convolution(let work):
                ByteLayer(key: keys[index], name: draft.nodes[index].name, nodes: [work.source])
            case .expandedDepthwise(let expand, let depthwise):
                ByteLayer(
                    key: keys[index], name: draft.nodes[index].name, nodes: [expand.source, depthwise.source])
            case .input, .affine, .activation, .window, .grid, .global, .add, .multiply, .concatenate, .flatten,
                .normalize, .neighbours, .layerNorm, .responseNorm, .tokens, .attention, .windowAttention, .rearrange:
                nil
            }
        }
    }

    subscript(_ node: Int?) -> ByteRange? { node.flatMap { ranges[$0] } }

    /// Whether the node's work is done in bytes.
    func takes(_ index: Int, of draft: Draft) -> Bool {
        let node = draft.nodes[index]
        guard !floats[index] else { return false }
        switch node.work {
        case .convolution(let work):
            guard self[node.inputs[0]] != nil else { return false }
            if work.geometry.isDepthwise, work.isPlain, !work.isPointwise {
                return isMade(work, index) && fits(work)
            }
            guard work.geometry.groups == 1, fits(work) else { return false }
            if work.hasResidual {
                guard self[node.inputs[1]] != nil, cutsOff(work.activation), self[index] != nil, !work.isPooled
                else { return false }
            }
            if work.hasGate {
                guard self[node.inputs.last] != nil, self[work.gated] != nil else { return false }
            }
            if work.isPooled { return isMade(work, work.pooled) }
            // Without a range, float32 is made of the sums.
            return isMade(work, index) || (self[index] == nil && work.activation == nil && !work.hasResidual)
        case .expandedDepthwise(let expand, let depthwise):
            return self[node.inputs[0]] != nil && isMade(expand, depthwise.expanded) && isMade(depthwise, index)
                && fits(expand) && fits(depthwise)
        case .global(.average): return self[node.inputs[0]] != nil
        case .add(let activation):
            return self[node.inputs[0]] != nil && self[node.inputs[1]] != nil && cutsOff(activation)
                && self[index] != nil && draft.nodes[node.inputs[0]].shape == draft.nodes[node.inputs[1]].shape
        case .window(let pool):
            guard case .max = pool.kind else { return false }
            return self[node.inputs[0]] != nil
        case .input, .affine, .activation, .grid, .global, .multiply, .concatenate, .flatten, .normalize, .neighbours,
            .layerNorm,
            .responseNorm, .tokens, .attention, .windowAttention, .rearrange:
            return false
        }
    }

    /// Whether a convolution's bytes can be made, as the value of `node`.
    private func isMade(_ work: ConvolutionWork, _ node: Int?) -> Bool {
        guard let range = self[node] else { return false }
        return ByteFunction.made(work.activation, linear: self[work.linear], range: range) != nil
    }

    private func cutsOff(_ activation: Activation?) -> Bool {
        switch activation {
        case nil, .relu, .relu6: true
        case .silu, .hardSwish, .hardSigmoid, .sigmoid, .gelu, .geluTanh, .quickGELU: false
        }
    }

    private func fits(_ work: ConvolutionWork) -> Bool {
        let depth = work.weight.count / max(1, work.geometry.outputs)
        guard depth <= ByteChannels.mostDepth, work.weight.count > 0 else { return false }
        return work.weight.allSatisfy { $0.isFinite } && work.bias.allSatisfy { $0.isFinite }
            && work.scale.allSatisfy { $0.isFinite }
    }
}

/// A layer that is computed in 8 bits.
package struct ByteLayer: Sendable, Hashable {
    /// What `Quantization.floatLayers` calls it.
    package let key: String
    /// The path of the layer, or of the first one that was fused into it.
    package let name: String
    /// The graph's nodes whose weights it has.
    package let nodes: [Int]
}
