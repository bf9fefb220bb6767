import TestSupport
import Zoo

/// Numbers from a seed (SplitMix64), the same on every platform.
struct Random {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    mutating func float(_ range: ClosedRange<Float> = -1...1) -> Float {
        range.lowerBound + (range.upperBound - range.lowerBound) * Float(next() >> 40) / Float(1 << 24)
    }

    mutating func int(_ range: ClosedRange<Int>) -> Int { range.lowerBound + Int(next() % UInt64(range.count)) }

    mutating func pick<T>(_ values: [T]) -> T { values[int(0...values.count - 1)] }

    mutating func tensor(_ shape: [Int]) -> Tensor {
        var tensor = Tensor(shape: shape)
        tensor.withElements { elements in
            for index in elements.indices { elements[index] = float() }
        }
        return tensor
    }

    /// Weights that keep activations near 1, and statistics that are not trivial.
    mutating func weights(for graph: Graph) -> StateDict {
        var weights = StateDict()
        for parameter in graph.parameters {
            var tensor = self.tensor(parameter.shape)
            let fanIn = parameter.shape.dropFirst().reduce(1, *)
            tensor.withElements { elements in
                if parameter.role == .fixed { return HashFill.fillFixed(&elements) }
                for index in elements.indices {
                    switch parameter.role {
                    case .weight where parameter.shape.count > 1:
                        elements[index] *= (3 / Float(fanIn)).squareRoot() * 1.3
                    case .weight: elements[index] = 1 + elements[index] * 0.3
                    case .bias, .runningMean: elements[index] *= 0.3
                    case .runningVariance: elements[index] = 1 + elements[index] * 0.5
                    case .fixed: break
                    }
                }
            }
            weights[parameter.name] = tensor
        }
        return weights
    }
}

/// The graph of some layers.
func graph(_ inputShape: [Int], @LayerBuilder _ layers: () -> [any Layer]) throws -> Graph {
    var builder = GraphBuilder(inputShape: inputShape)
    let output = try Sequential(layers()).build(builder.input, in: &builder)
    return try builder.graph(output: output)
}

/// MobileNet's block: expand, depthwise, squeeze-excite, project.
struct InvertedBottleneck: CompositeLayer {
    let expanded: Int
    let outputs: Int
    let kernel: Extent
    let stride: Extent
    var padding: Padding?
    var activation = Activation.silu
    var squeezed: Int?

    var layers: [any Layer] {
        Conv(expanded, kernel: 1)
        Norm()
        activation
        Conv(expanded, kernel: kernel, stride: stride, padding: padding, groups: expanded)
        Norm()
        activation
        if let squeezed { SqueezeExcite(squeezed: squeezed, activation: activation) }
        Conv(outputs, kernel: 1)
        Norm()
    }
}

extension Random {
    /// Two inverted bottlenecks between a first convolution and a head, of any size, and what they are.
    mutating func bottlenecks() throws -> (network: Graph, what: String) {
        let channels = int(1...40), kernel = Extent(pick([3, 5, 7])), stride = int(1...2)
        let expanded = channels * int(1...6), squeezed = pick([nil, 5, 20]), outputs = int(1...70)
        let activation = pick([Activation.relu6, .silu, .hardSwish, .relu])
        func bottleneck(stride: Int) -> InvertedBottleneck {
            InvertedBottleneck(
                expanded: expanded, outputs: channels, kernel: kernel, stride: Extent(stride), activation: activation,
                squeezed: squeezed)
        }
        let network = try graph([int(9...20), int(9...40), 3]) {
            Conv(channels, kernel: 3, stride: 2)
            Norm()
            activation
            bottleneck(stride: stride)
            Residual { bottleneck(stride: 1) }
            Conv(outputs, kernel: 1)
            Norm()
            activation
            GlobalPool.average
            Flatten()
            Dropout(0.5)
            Dense(10)
        }
        return (network, "\(channels) \(expanded) \(kernel) \(activation)")
    }
}
