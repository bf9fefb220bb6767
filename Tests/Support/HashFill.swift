public import Zoo

/// Weights and inputs that PyTorch and Swift compute alike from (name, index), so that no fixture has to carry them.
/// `Tests/Fixtures/models/hashes.py` holds the other side; both round once, from double to float.
public enum HashFill {
    /// A tensor for every parameter of the graph.
    ///
    /// With s from -1 to 1: weights of rank 2 and up are `s * sqrt(gain / fan-in)`; batch norm gets weight and variance
    /// `1 + s / 2`, mean `0.3 s`; biases are `0.2 s`.
    /// - Parameter gain: He's is 6, with which activations explode in the deepest networks until float32 keeps no correct
    ///   digit. Networks that clip (ReLU6) want 3: beyond that, most values are rounding errors of large ones, cut off.
    public static func weights(for graph: Graph, gain: Double = 4.5) -> StateDict {
        var result = StateDict()
        for parameter in graph.parameters {
            result[parameter.name] = tensor(for: parameter, gain: gain)
        }
        return result
    }

    /// An image `[1, H, W, channels]` of values from -2 to 2. The index runs in PyTorch's order (channel, row, column).
    public static func input(height: Int, width: Int, channels: Int = 3, name: String = "input") -> Tensor {
        let plane = height * width
        let seed = hash(of: name)
        var tensor = Tensor(shape: [1, height, width, channels])
        tensor.withElements { elements in
            for channel in 0..<channels {
                for position in 0..<plane {
                    elements[position * channels + channel] = Float(2 * sample(seed, channel * plane + position))
                }
            }
        }
        return tensor
    }

    /// Numbers from -1 to below 1: the first `count` of that name.
    public static func samples(_ name: String, _ count: Int) -> [Double] {
        let seed = hash(of: name)
        return (0..<count).map { sample(seed, $0) }
    }

    private static func tensor(for parameter: Parameter, gain: Double) -> Tensor {
        let seed = hash(of: parameter.name)
        let (offset, scale): (Double, Double) =
            switch parameter.role {
            case .weight where parameter.shape.count > 1:
                (0, (gain / Double(parameter.shape.dropFirst().reduce(1, *))).squareRoot())
            case .weight, .runningVariance: (1, 0.5)
            case .bias: (0, 0.2)
            case .runningMean: (0, 0.3)
            case .fixed: (0, 0)
            }
        var tensor = Tensor(shape: parameter.shape)
        tensor.withElements { elements in
            if parameter.role == .fixed { return fillFixed(&elements) }
            for index in elements.indices {
                elements[index] = Float(offset + scale * sample(seed, index))
            }
        }
        return tensor
    }

    /// Numbers of three classes, and of none now and then; a factor.
    public static func fillFixed(_ elements: inout [Float]) {
        for index in elements.indices { elements[index] = index % 5 == 4 ? -1 : Float(index % 3) }
        if elements.count == 1 { elements[0] = 0.75 }
    }

    /// A multiple of 2^-23 from -1 to below 1.
    private static func sample(_ seed: UInt64, _ index: Int) -> Double {
        var x = seed &+ UInt64(index + 1) &* 0x9E37_79B9_7F4A_7C15
        x ^= x >> 30
        x &*= 0xBF58_476D_1CE4_E5B9
        x ^= x >> 27
        x &*= 0x94D0_49BB_1331_11EB
        x ^= x >> 31
        return Double(x >> 40) * 0x1p-23 - 1
    }

    /// FNV-1a, 64 bits.
    private static func hash(of name: String) -> UInt64 {
        name.utf8.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    }
}
