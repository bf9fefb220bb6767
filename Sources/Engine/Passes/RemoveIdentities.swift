extension Passes {
    /// Dropout (a concatenation of one), the flattening of a single pixel and a grid of the image's own size change nothing:
    /// their readers read their input.
    static func removeIdentities(_ draft: inout Draft) {
        for (index, node) in draft.nodes.enumerated() {
            switch node.work {
            case .concatenate where node.inputs.count == 1:
                draft.replace(index, by: draft.nodes[index].inputs[0])
            case .flatten where draft.nodes[node.inputs[0]].shape.pixels == 1:
                draft.replace(index, by: draft.nodes[index].inputs[0])
            case .grid where draft.nodes[node.inputs[0]].shape == node.shape:
                draft.replace(index, by: draft.nodes[index].inputs[0])
            default: break
            }
        }
    }
}
