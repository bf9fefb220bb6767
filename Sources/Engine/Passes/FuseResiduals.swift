import Zoo

extension Passes {
    /// A sum whose operand is a convolution without activation, read by nothing else, is made by that convolution while
    /// its result is still in registers.
    static func fuseResiduals(_ draft: inout Draft) {
        let readers = draft.readers()
        for (index, node) in draft.nodes.enumerated() {
            guard case .add(let activation) = node.work, node.inputs[0] != node.inputs[1] else { continue }
            // The later operand: the other one is there by the time it runs.
            let convolution = max(node.inputs[0], node.inputs[1]), other = min(node.inputs[0], node.inputs[1])
            guard case .convolution(var work) = draft.nodes[convolution].work, readers[convolution] == [index],
                work.activation == nil, work.geometry.groups == 1, work.isPlain
            else { continue }
            work.hasResidual = true
            work.activation = activation
            draft.nodes[index].work = .convolution(work)
            draft.nodes[index].inputs = [draft.nodes[convolution].inputs[0], other]
            draft.nodes[index].name = draft.nodes[convolution].name
        }
    }
}
