import Zoo

extension Passes {
    /// An activation is applied by the node before it, if nothing else reads that.
    static func fuseActivations(_ draft: inout Draft) {
        let readers = draft.readers()
        for (index, node) in draft.nodes.enumerated() {
            guard case .activation(let activation) = node.work, case let input = node.inputs[0],
                readers[input] == [index],
                let work = draft.nodes[input].work.activated(by: activation, of: input)
            else { continue }
            draft.nodes[index].work = work
            draft.nodes[index].inputs = draft.nodes[input].inputs
            draft.nodes[index].name = draft.nodes[input].name
        }
    }
}

extension Work {
    /// This work followed by an elementwise function, or nil where it has no place for one.
    /// - Parameter node: whose value it is applied to.
    func activated(by activation: Activation, of node: Int) -> Work? {
        switch self {
        case .convolution(var convolution) where convolution.activation == nil && !convolution.isPooled:
            convolution.activation = activation
            convolution.linear = node
            return .convolution(convolution)
        case .affine(let scale, let shift, nil): return .affine(scale: scale, shift: shift, activation: activation)
        case .add(nil): return .add(activation: activation)
        case .multiply(nil): return .multiply(activation: activation)
        case .input, .convolution, .expandedDepthwise, .affine, .activation, .window, .grid, .global, .add, .multiply,
            .concatenate, .flatten, .normalize, .neighbours, .layerNorm, .responseNorm, .tokens, .attention,
            .windowAttention,
            .rearrange:
            return nil
        }
    }
}
