import Zoo

extension Passes {
    /// A factor and a shift a channel behind a convolution with ReLU that nothing else reads: a positive factor becomes part of
    /// the weights and bias, in double, and the shift is added while the result is still in registers.
    static func fuseAffines(_ draft: inout Draft) {
        let readers = draft.readers()
        for (index, node) in draft.nodes.enumerated() {
            guard case .affine(let scale, let shift, nil) = node.work, case let input = node.inputs[0],
                readers[input] == [index], case .convolution(var work) = draft.nodes[input].work, work.isPlain,
                work.activation == .relu, work.after == nil, scale.allSatisfy({ $0 > 0 })
            else { continue }
            for channel in scale.indices {
                work.scale[channel] *= scale[channel]
                work.bias[channel] *= scale[channel]
            }
            work.after = shift
            draft.nodes[index].work = .convolution(work)
            draft.nodes[index].inputs = draft.nodes[input].inputs
            draft.nodes[index].name = draft.nodes[input].name
        }
    }
}
