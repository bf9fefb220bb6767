extension Graph {
    /// The stage of that name.
    /// - Throws: `GraftError.unknownName` with the nearest stage's name.
    public func stage(_ name: String) throws(GraftError) -> Stage {
        guard let stage = stages.first(where: { $0.name == name }) else {
            throw .unknown("stage", name, among: stages.map(\.name))
        }
        return stage
    }

    /// Splits the graph after a stage: what is frozen and what is trained. The suffix's input is the prefix's output.
    /// - Throws: `GraftError.unknownName` for a stage that is not there; `GraftError.invalidGraph` where a later layer reads
    ///   across the cut, or nothing follows it.
    public func cut(after name: String) throws(GraftError) -> (prefix: Graph, suffix: Graph) {
        let end = try stage(name).node
        for node in nodes[(end + 1)...] where node.inputs.contains(where: { $0 < end }) {
            throw GraftError(
                .invalidGraph, "the graph cannot be cut after '\(name)': a later layer reads from before it",
                parameter: node.name)
        }
        guard end + 1 < nodes.count else {
            throw GraftError(.invalidGraph, "nothing follows stage '\(name)'")
        }
        let prefix = Graph(
            inputShape: inputShape, nodes: Array(nodes[...end]), stages: stages.filter { $0.node <= end })
        let input = Node(name: "input", operation: .input, inputs: [], parameters: [])
        let rest = nodes[(end + 1)...].map { node in
            Node(
                name: node.name, operation: node.operation, inputs: node.inputs.map { $0 - end },
                parameters: node.parameters)
        }
        let suffix = Graph(
            inputShape: try shapes(input: inputShape)[end], nodes: [input] + rest,
            stages: stages.filter { $0.node > end }.map { Stage(name: $0.name, node: $0.node - end) })
        return (prefix, suffix)
    }

    /// The graph up to a stage's end.
    /// - Throws: `GraftError.unknownName` for a stage that is not there.
    public func prefix(through name: String) throws(GraftError) -> Graph {
        let end = try stage(name).node
        return Graph(inputShape: inputShape, nodes: Array(nodes[...end]), stages: stages.filter { $0.node <= end })
    }
}

extension Graph {
    /// The same layers without dropout and stochastic depth.
    package var withoutChance: Graph {
        let calm = nodes.map { node in
            var operation = node.operation
            switch operation {
            case .dropout: operation = .dropout(0)
            case .add: operation = .add(dropFirst: 0)
            case .input, .convolution, .batchNorm, .activation, .pool, .globalPool, .multiply, .concatenate, .flatten,
                .linear, .layerNorm, .layerScale, .tokens, .attention, .slice, .responseNorm, .spaceToDepth, .pad,
                .gridPool,
                .channelShuffle, .normalize, .neighbours:
                break
            }
            return Node(name: node.name, operation: operation, inputs: node.inputs, parameters: node.parameters)
        }
        return Graph(inputShape: inputShape, nodes: calm, stages: stages)
    }
}
