import Engine
import Zoo

/// A graph's weights on the grid of 8 bits, layer by layer. Where rounding to nearest would move an output's mean, weights that
/// lie near the middle of two numbers go the other way; what is left of the mean error is taken out of the biases
/// (arXiv:1906.04721, section 4.2). Inputs have one sign mostly and rise and fall together, so that the other errors shrink too.
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
            var rounded = WeightGrid.rounded(weight)
            if let means = statistics[node.inputs[0]]?.means, !means.isEmpty {
                rounded = Self.balanced(rounded, of: weight, groups: groups, means: means)
            }
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
        // What unit rows are made of is not what is rounded.
        case .linear(let linear): linear.hasUnitRows ? nil : 1
        case .input, .batchNorm, .activation, .pool, .gridPool, .globalPool, .multiply, .add, .concatenate, .dropout,
            .flatten, .layerNorm, .layerScale, .tokens, .attention, .slice, .responseNorm, .spaceToDepth, .pad,
            .channelShuffle, .normalize, .neighbours:
            nil
        }
    }

    /// The same weights with some rounded the other way, so that each output's mean moves less.
    private static func balanced(_ rounded: Tensor, of weight: Tensor, groups: Int, means: [Double]) -> Tensor {
        let outputs = weight.shape[0], inputs = weight.shape[1], taps = weight.shape.dropFirst(2).reduce(1, *)
        let size = inputs * taps
        var result = rounded
        result.withElements { values in
            for output in 0..<outputs {
                let start = output * size, first = output / max(1, outputs / groups) * inputs
                var largest: Float = 0
                for place in start..<start + size { largest = max(largest, values[place].magnitude) }
                let step = Double(largest / 127)
                guard step > 0 else { continue }
                // In steps: what each weight was moved by, and what moving it by one changes.
                let moved = (0..<size).map { (Double(values[start + $0]) - Double(weight.elements[start + $0])) / step }
                let effects = (0..<size).map { place in
                    let input = first + place / taps
                    return input < means.count ? means[input] : 0
                }
                var error = zip(moved, effects).reduce(0) { $0 + $1.0 * $1.1 }
                // Those nearest to the middle first: they lose least.
                for place in (0..<size).sorted(by: { (moved[$0].magnitude, $1) > (moved[$1].magnitude, $0) }) {
                    let way = moved[place] > 0 ? -1.0 : 1.0, change = way * effects[place]
                    guard moved[place].magnitude > 0.1, (error + change).magnitude < error.magnitude else { continue }
                    let whole = (Double(values[start + place]) / step).rounded() + way
                    guard whole.magnitude < 127 else { continue }
                    values[start + place] = Float(whole) * Float(step) + 0
                    error += change
                }
            }
        }
        return result
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
