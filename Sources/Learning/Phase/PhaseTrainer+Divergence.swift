import Engine
package import Zoo

extension PhaseTrainer {
    /// Where numbers first leave the range of floating point on these inputs: a weight, or a layer's output; nil where
    /// they do so in training mode only.
    package func firstNonFiniteLayer(_ inputs: Tensor) -> String? {
        if let name = plan.firstNonFiniteLayer { return "in layer '\(name)'" }
        if let name = firstNonFiniteWeight { return "in '\(name)'" }
        return firstNonFiniteOutput(inputs)
    }

    /// The first layer whose output on these inputs is not finite where nothing is random and statistics are those kept.
    package func firstNonFiniteOutput(_ inputs: Tensor) -> String? {
        let graph = plan.graph
        let weights = plan.weights
        // Stages first: a plan for every layer would take long in a deep network.
        var start = 1
        for stage in graph.stages where stage.node >= start {
            if !isFinite(graph, through: stage.node, weights, inputs) { break }
            start = stage.node + 1
        }
        guard let node = (start..<graph.nodes.count).first(where: { !isFinite(graph, through: $0, weights, inputs) })
        else { return nil }
        return "in the output of layer '\(graph.nodes[node].name)'"
    }

    private func isFinite(_ graph: Graph, through node: Int, _ weights: StateDict, _ inputs: Tensor) -> Bool {
        let part = Graph(inputShape: graph.inputShape, nodes: Array(graph.nodes[...node]), stages: [])
        guard let plan = try? InferencePlan(part, weights: weights, threads: 1), let output = try? plan.run(inputs)
        else {
            return true
        }
        return output.elements.allSatisfy(\.isFinite)
    }
}
