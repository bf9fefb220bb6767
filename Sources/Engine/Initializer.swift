public import Zoo

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Values for parameters that no weight file gave. Each value follows from the seed, its parameter's name and its
/// position, so that adding a layer leaves the others as they were.
public struct Initializer: Sendable {
    private let random: CounterRandom

    /// - Parameter seed: the run's.
    public init(seed: UInt64) { random = CounterRandom(seed: seed, purpose: .initialization) }

    /// Every tensor of `graph` in its order: that of `weights` where there is one, a new one elsewhere.
    ///
    /// Linear layers as PyTorch's `nn.Linear`: weight and bias uniform within `1 / sqrt(in)`. Convolutions as
    /// torchvision's models: normal with variance `2 / (out * kh * kw)` (arXiv:1502.01852, fan-out), bias 0. Batch norm:
    /// weight 1, bias 0, mean 0, variance 1.
    public func fill(_ graph: Graph, from weights: StateDict = StateDict()) -> StateDict {
        var result = StateDict()
        for node in graph.nodes {
            for parameter in node.parameters {
                result[parameter.name] = weights[parameter.name] ?? tensor(parameter, of: node.operation)
            }
        }
        return result
    }

    private func tensor(_ parameter: Parameter, of operation: Operation) -> Tensor {
        switch operation.initialValues(of: parameter.role) {
        case .constant(let value): return Tensor(shape: parameter.shape, repeating: value)
        case .uniform(let bound):
            return filled(parameter) { words in
                var four = SIMD4<Float>()
                for lane in 0..<4 { four[lane] = Float((2 * CounterRandom.uniform(words[lane]) - 1) * bound) }
                return four
            }
        case .normal(let deviation):
            return filled(parameter) { words in
                // Box and Muller (1958): two normal numbers from two uniform ones.
                var four = SIMD4<Float>()
                for pair in [0, 2] {
                    let radius = deviation * (-2 * log(CounterRandom.uniform(words[pair]))).squareRoot()
                    let angle = 2 * Double.pi * CounterRandom.uniform(words[pair + 1])
                    four[pair] = Float(radius * cos(angle))
                    four[pair + 1] = Float(radius * sin(angle))
                }
                return four
            }
        }
    }

    /// - Parameter values: four values from four random words.
    private func filled(_ parameter: Parameter, _ values: (SIMD4<UInt32>) -> SIMD4<Float>) -> Tensor {
        // FNV-1a, 64 bit: a stream of its own for every name.
        let name = parameter.name.utf8.reduce(0xCBF2_9CE4_8422_2325 as UInt64) {
            ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01B3
        }
        var tensor = Tensor(shape: parameter.shape)
        tensor.withElements { elements in
            for start in stride(from: 0, to: elements.count, by: 4) {
                let block = UInt64(start / 4)
                let four = values(
                    random.words(
                        at: SIMD4(
                            UInt32(truncatingIfNeeded: block), UInt32(truncatingIfNeeded: block >> 32),
                            UInt32(truncatingIfNeeded: name), UInt32(truncatingIfNeeded: name >> 32))))
                for lane in 0..<min(4, elements.count - start) { elements[start + lane] = four[lane] }
            }
        }
        return tensor
    }
}
