import Zoo

extension Passes {
    /// A depthwise convolution makes the rows of its input itself, if that is a pointwise convolution which nothing
    /// else reads: a few rows of a few channels stay in the second-level cache, and the largest images of mobile
    /// networks never go to memory.
    static func fuseExpansions(_ draft: inout Draft, boundary: Int) {
        let readers = draft.readers()
        for (index, node) in draft.nodes.enumerated() {
            guard case .convolution(var depthwise) = node.work, depthwise.geometry.isDepthwise, depthwise.isPlain,
                case let input = node.inputs[0], readers[input] == [index],
                case .convolution(let expand) = draft.nodes[input].work, expand.isPointwise, expand.isPlain,
                node.shape.pixels > 1, (input < boundary) == (index < boundary)
            else { continue }
            depthwise.expanded = input
            draft.nodes[index].work = .expandedDepthwise(expand: expand, depthwise: depthwise)
            draft.nodes[index].inputs = draft.nodes[input].inputs
            draft.nodes[index].name = draft.nodes[input].name
        }
    }
}
