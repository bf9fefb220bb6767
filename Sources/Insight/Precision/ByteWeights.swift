import Engine
import Zoo

/// A graph's weights on the grid of 8 bits, layer by layer, with the mean error that this makes taken out of the biases
/// (arXiv:1906.04721, section 4.2).
struct ByteWeights {
    /// By node with weights: its tensors, and that of a batch norm behind it, in 8 bits.
    private var changes: [Int: StateDict] = [:]
    private let weights: StateDict

    /// - Parameter statistics: of the graph's values in float32, by node.
    init(_ graph: Graph, weights: StateDict, statistics: [ValueStatistics?]) throws(GraftError) {
        self.weights = weights
        for (index, node) in graph.nodes.enumerated() {
            guard let groups = Self.groups(node.operation), let parameter = node.parameters.first,
                let weight = weights[parameter.name]
            else { continue }
            let rounded = WeightGrid.rounded(weight)
            var change = StateDict()
            change[parameter.name] = rounded
            if let means = statistics[node.inputs[0]]?.means, !means.isEmpty {
                let shift = Self.shift(from: weight, to: rounded, groups: groups, means: means)
                if node.parameters.count > 1, var bias = weights[node.parameters[1].name] {
                    bias.withElements { for channel in $0.indices { $0[channel] -= Float(shift[channel]) } }
                    change[node.parameters[1].name] = bias
                } else if let norm = graph.nodes.first(where: { $0.inputs == [index] && $0.operation.batchNorm != nil }
                ),
                    let name = norm.parameters.first(where: { $0.role == .runningMean })?.name, var mean = weights[name]
                {
                    mean.withElements { for channel in $0.indices { $0[channel] += Float(shift[channel]) } }
                    change[name] = mean
                }
            }
            changes[index] = change
        }
    }

    /// The weights with those of some layers in 8 bits.
    func applied(to layers: [ByteLayer]) -> StateDict {
        var result = weights
        for layer in layers {
            for node in layer.nodes {
                if let change = changes[node] { result = result.overlaid(by: change) }
            }
        }
        return result
    }

    /// Values that have weights in 8 bits.
    func count(in layers: [ByteLayer], of graph: Graph) -> Int {
        layers.flatMap(\.nodes).reduce(0) { $0 + (graph.nodes[$1].parameters.first?.count ?? 0) }
    }

    private static func groups(_ operation: Zoo.Operation) -> Int? {
        switch operation {
        case .convolution(let convolution): convolution.groups
        case .linear: 1
        case .input, .batchNorm, .activation, .pool, .gridPool, .globalPool, .multiply, .add, .concatenate, .dropout,
            .flatten, .layerNorm, .layerScale, .tokens, .attention, .slice, .responseNorm, .spaceToDepth,
            .channelShuffle, .normalize:
            nil
        }
    }

    /// By how much each output's mean moves: the weights' changes times the inputs' means. Margins are left out of account.
    private static func shift(from weight: Tensor, to rounded: Tensor, groups: Int, means: [Double]) -> [Double] {
        let outputs = weight.shape[0], inputs = weight.shape[1], taps = weight.shape.dropFirst(2).reduce(1, *)
        return (0..<outputs).map { output in
            let first = output / max(1, outputs / groups) * inputs
            var sum = 0.0
            for input in 0..<inputs {
                let start = (output * inputs + input) * taps
                var difference = 0.0
                for tap in start..<start + taps {
                    difference += Double(rounded.elements[tap]) - Double(weight.elements[tap])
                }
                sum += difference * (first + input < means.count ? means[first + input] : 0)
            }
            return sum
        }
    }
}
