import Zoo

extension Draft {
    /// The graph's nodes one to one, with their parameters; dropout disappears and fully connected layers become 1x1
    /// convolutions of 1x1 images.
    init(_ graph: Graph, shapes: [[Int]], weights: StateDict) throws(GraftError) {
        nodes = []
        output = graph.nodes.count - 1
        for (index, node) in graph.nodes.enumerated() {
            let shape = Shape(shapes[index])
            var inputs = node.inputs
            let work: Work
            switch node.operation {
            case .input: work = .input
            case .convolution(let geometry):
                let parameters = try Self.parameters(of: node, in: weights)
                work = .convolution(
                    ConvolutionWork(
                        geometry: geometry, weight: parameters[0].elements,
                        scale: [Double](repeating: 1, count: geometry.outputs),
                        bias: geometry.bias
                            ? parameters[1].elements.map(Double.init)
                            : [Double](repeating: 0, count: geometry.outputs), source: index))
            case .linear(let linear):
                let parameters = try Self.parameters(of: node, in: weights)
                work = .convolution(
                    ConvolutionWork(
                        geometry: Convolution(inputs: linear.inputs, outputs: linear.outputs, kernel: 1),
                        weight: linear.hasUnitRows
                            ? WeightNorm.applied(parameters.map(\.elements), linear) : parameters[0].elements,
                        scale: [Double](repeating: 1, count: linear.outputs),
                        bias: linear.bias
                            ? parameters[1].elements.map(Double.init)
                            : [Double](repeating: 0, count: linear.outputs), source: index))
            case .batchNorm(let norm):
                let parameters = try Self.parameters(of: node, in: weights).map(\.elements)
                let scale = (0..<norm.channels).map {
                    Double(parameters[0][$0]) / (Double(parameters[3][$0]) + norm.epsilon).squareRoot()
                }
                let shift = (0..<norm.channels).map {
                    Double(parameters[1][$0]) - Double(parameters[2][$0]) * scale[$0]
                }
                work = .affine(scale: scale, shift: shift, activation: nil)
            case .activation(let activation): work = .activation(activation)
            case .pool(let pool): work = .window(pool)
            case .gridPool: work = .grid
            case .globalPool(let pool): work = .global(pool)
            case .multiply: work = .multiply(activation: nil)
            case .add: work = .add(activation: nil)
            case .concatenate: work = .concatenate
            case .dropout:
                work = .concatenate
                inputs = [node.inputs[0]]
            case .flatten: work = .flatten
            case .normalize: work = .normalize
            case .neighbours(let votes):
                work = .neighbours(Votes(votes, try Self.parameters(of: node, in: weights).map(\.elements)))
            case .layerNorm(let norm):
                let parameters = try Self.parameters(of: node, in: weights).map(\.elements)
                work = .layerNorm(
                    epsilon: norm.epsilon, affine: LayerNormAffine(weight: parameters[0], bias: parameters[1]))
            case .layerScale(let scale):
                let values = try Self.parameters(of: node, in: weights).map { scale.byChannel($0.elements) }
                work = .affine(
                    scale: values[0].map(Double.init),
                    shift: scale.shift == nil
                        ? [Double](repeating: 0, count: scale.channels) : values[1].map(Double.init), activation: nil)
            case .responseNorm(let norm):
                let parameters = try Self.parameters(of: node, in: weights).map(\.elements)
                work = .responseNorm(epsilon: norm.epsilon, weight: parameters[0], bias: parameters[1])
            case .tokens(let embedding, let channels):
                let parameters = try Self.parameters(of: node, in: weights).map(\.elements)
                let image = shapes[node.inputs[0]]
                var addends = embedding.addends(
                    parameters.last ?? [], channels: channels, size: Extent(height: image[0], width: image[1]))
                for (index, value) in parameters.prefix(embedding.tokens.count).joined().enumerated() {
                    addends[index] += Double(value)
                }
                work = .tokens(first: embedding.count, addends: addends)
            case .attention(let attention):
                if let windowed = WindowedAttention(attention, shape: shapes[node.inputs[0]]) {
                    let parameters = try Self.parameters(of: node, in: weights).map(\.elements)
                    work = .windowAttention(windowed, table: parameters[0], bias: parameters[1])
                } else {
                    work = .attention(attention)
                }
            case .slice, .spaceToDepth, .pad, .channelShuffle:
                guard let move = Rearrangement(node.operation, shape: shapes[node.inputs[0]]) else {
                    throw GraftError(.invalidGraph, "a part that the layer's input does not have", parameter: node.name)
                }
                work = .rearrange(move)
            }
            nodes.append(Node(name: node.name, work: work, inputs: inputs, shape: shape))
        }
    }

    /// The node's tensors, in its order.
    private static func parameters(of node: Graph.Node, in weights: StateDict) throws(GraftError) -> [Tensor] {
        var tensors: [Tensor] = []
        for parameter in node.parameters {
            guard let tensor = weights[parameter.name] else {
                throw GraftError(
                    .weights, "the weights lack a tensor", parameter: parameter.name,
                    expected: Tensor.describe(parameter.shape))
            }
            guard tensor.shape == parameter.shape else {
                throw GraftError(
                    .weights, "a tensor has another shape than its layer", parameter: parameter.name,
                    expected: Tensor.describe(parameter.shape), found: Tensor.describe(tensor.shape))
            }
            tensors.append(tensor)
        }
        return tensors
    }
}

extension Shape {
    /// `[H, W, C]`, `[T, C]` or `[C]`.
    init(_ extents: [Int]) {
        let positions = extents.dropLast().suffix(2)
        self.init(
            height: positions.count == 2 ? positions[positions.startIndex] : 1, width: positions.last ?? 1,
            channels: extents.last ?? 0)
    }
}
