extension Passes {
    /// An image whose channels are scaled (squeeze-excite) before a pointwise convolution that alone reads it: the
    /// convolution scales its input or its weights, whichever is less.
    static func foldGates(_ draft: inout Draft) {
        let readers = draft.readers()
        for (index, node) in draft.nodes.enumerated() {
            guard case .convolution(var work) = node.work, work.isPointwise, !work.hasGate,
                case let input = node.inputs[0], readers[input] == [index],
                case .multiply(nil) = draft.nodes[input].work, case let gate = draft.nodes[input].inputs[1],
                draft.nodes[gate].shape.pixels == 1, node.shape.pixels > 1
            else { continue }
            work.hasGate = true
            work.gated = input
            draft.nodes[index].work = .convolution(work)
            draft.nodes[index].inputs[0] = draft.nodes[input].inputs[0]
            draft.nodes[index].inputs.append(gate)
        }
    }
}
