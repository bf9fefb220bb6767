extension Passes {
    /// Batch normalisation after a convolution that nothing else reads becomes part of its weights and bias, in double.
    static func foldBatchNorm(_ draft: inout Draft) {
        let readers = draft.readers()
        for (index, node) in draft.nodes.enumerated() {
            guard case .affine(let scale, let shift, nil) = node.work, case let input = node.inputs[0],
                case .convolution(var convolution) = draft.nodes[input].work, readers[input] == [index],
                convolution.activation == nil, convolution.isPlain
            else { continue }
            for channel in scale.indices {
                convolution.scale[channel] *= scale[channel]
                convolution.bias[channel] = convolution.bias[channel] * scale[channel] + shift[channel]
            }
            draft.nodes[index].work = .convolution(convolution)
            draft.nodes[index].inputs = draft.nodes[input].inputs
            draft.nodes[index].name = draft.nodes[input].name
        }
    }
}
