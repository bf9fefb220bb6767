/// The linear layer with a bias that a graph ends in: where a scale and a shift of its outputs go.
package struct LastLinear: Sendable, Hashable {
    private let weight: String
    private let bias: String

    /// Nil for a graph that ends otherwise.
    package init?(of graph: Graph) {
        guard let last = graph.nodes.last, case .linear(let linear) = last.operation, linear.bias,
            let weight = last.parameters.first(where: { $0.role == .weight }),
            let bias = last.parameters.first(where: { $0.role == .bias })
        else { return nil }
        self.weight = weight.name
        self.bias = bias.name
    }

    /// Weights whose outputs are `output * scales + shifts`.
    /// - Parameters:
    ///   - scales: one an output.
    ///   - shifts: one an output.
    package func scaled(_ weights: StateDict, by scales: [Double], plus shifts: [Double]) -> StateDict {
        var result = weights
        if var tensor = weights[weight] {
            let width = tensor.elements.count / max(1, scales.count)
            tensor.withElements { elements in
                for index in elements.indices {
                    elements[index] = Float(Double(elements[index]) * scales[index / width])
                }
            }
            result[weight] = tensor
        }
        if var tensor = weights[bias] {
            tensor.withElements { elements in
                for index in elements.indices {
                    elements[index] = Float(Double(elements[index]) * scales[index] + shifts[index])
                }
            }
            result[bias] = tensor
        }
        return result
    }
}
