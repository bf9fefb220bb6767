extension Passes {
    /// Dropout (a concatenation of one) and the flattening of a single pixel change nothing: their readers read their
    /// input.
    static func removeIdentities(_ draft: inout Draft) {
        for (index, node) in draft.nodes.enumerated() {
            switch node.work {
            case .concatenate where node.inputs.count == 1:
                draft.replace(index, by: draft.nodes[index].inputs[0])
            case .flatten where draft.nodes[node.inputs[0]].shape.pixels == 1:
                draft.replace(index, by: draft.nodes[index].inputs[0])
            default: break
            }
        }
    }
}
