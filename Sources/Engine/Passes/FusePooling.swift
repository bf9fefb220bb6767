import Zoo

extension Passes {
    /// The mean over all pixels of a pointwise convolution that nothing else reads is summed up as the convolution
    /// runs.
    static func fusePooling(_ draft: inout Draft, boundary: Int) {
        let readers = draft.readers()
        for (index, node) in draft.nodes.enumerated() {
            guard case .global(.average) = node.work, case let input = node.inputs[0], readers[input] == [index],
                case .convolution(var work) = draft.nodes[input].work, work.isPointwise, !work.isPooled,
                (input < boundary) == (index < boundary)
            else { continue }
            work.isPooled = true
            work.pooled = input
            draft.nodes[index].work = .convolution(work)
            draft.nodes[index].inputs = draft.nodes[input].inputs
            draft.nodes[index].name = draft.nodes[input].name
        }
    }
}
