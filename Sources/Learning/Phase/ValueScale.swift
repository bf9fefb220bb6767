package import Zoo

/// Numbers as they are learnt: less their mean, by their standard deviation, so that one learning rate fits prices and
/// ages. The last layer takes the scale in when training is over: the model's answers are in the numbers' own units, and
/// every program that reads it finds an ordinary linear layer.
package struct ValueScale: Sendable {
    private let means: [Double]
    private let deviations: [Double]
    private let layer: LastLinear

    /// Nil for other targets than numbers, and for a network that does not end in a linear layer with a bias.
    package init?(_ targets: Targets, lastLayerOf graph: Graph) {
        guard case .values(let values) = targets, let layer = LastLinear(of: graph) else { return nil }
        let (count, columns) = (values.shape[0], values.shape[1])
        var (means, deviations) = ([Double](), [Double]())
        for column in 0..<columns {
            let own = (0..<count).map { Double(values.elements[$0 * columns + column]) }
            let mean = own.reduce(0, +) / Double(max(1, count))
            let variance = own.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(max(1, count))
            means.append(mean)
            deviations.append(variance > 0 ? variance.squareRoot() : 1)
        }
        self.means = means
        self.deviations = deviations
        self.layer = layer
    }

    /// Targets as the network is taught them.
    package func applied(to targets: Targets) -> Targets {
        guard case .values(var values) = targets else { return targets }
        let columns = means.count
        values.withElements { elements in
            for index in elements.indices {
                let column = index % columns
                elements[index] = Float((Double(elements[index]) - means[column]) / deviations[column])
            }
        }
        return .values(values)
    }

    /// Weights that answer in the numbers' own units.
    package func foldedInto(_ weights: StateDict) -> StateDict { layer.scaled(weights, by: deviations, plus: means) }
}
