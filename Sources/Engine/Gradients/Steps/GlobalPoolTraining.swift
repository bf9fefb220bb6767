import Zoo

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Global pooling forward and backward, `[N, H, W, C]` to `[N, 1, 1, C]`.
enum GlobalPoolTraining {
    /// What the generalised mean raises to its power is at least this.
    private static let floor = 1e-6

    static func forward(_ input: [Float], shape: [Int], batch: Int, _ pool: GlobalPool) -> [Float] {
        var output: [Float] = []
        forEachChannel(shape, batch) { indices in
            let count = Double(indices.count)
            switch pool {
            case .average:
                output.append(Float(indices.reduce(0.0) { $0 + Double(input[$1]) } / count))
            case .max:
                output.append(indices.reduce(-Float.infinity) { max($0, input[$1]) })
            case .generalizedMean(let power):
                let sum = indices.reduce(0.0) { $0 + pow(max(Double(input[$1]), floor), power) }
                output.append(Float(pow(sum / count, 1 / power)))
            }
        }
        return output
    }

    static func backward(
        _ gradient: [Float], input: [Float], output: [Float], shape: [Int], batch: Int, _ pool: GlobalPool
    ) -> [Float] {
        var result = [Float](repeating: 0, count: input.count)
        var position = 0
        forEachChannel(shape, batch) { indices in
            let part = Double(gradient[position]) / Double(indices.count)
            switch pool {
            case .average:
                for index in indices { result[index] = Float(part) }
            case .max:
                // The first of equal values takes it all, as in PyTorch.
                if let index = indices.first(where: { input[$0] == output[position] }) {
                    result[index] = gradient[position]
                }
            case .generalizedMean(let power):
                let outer = part * pow(Double(output[position]), 1 - power)
                for index in indices where Double(input[index]) > floor {
                    result[index] = Float(outer * pow(Double(input[index]), power - 1))
                }
            }
            position += 1
        }
        return result
    }

    /// The positions of each image's channels in memory.
    private static func forEachChannel(_ shape: [Int], _ batch: Int, _ body: ([Int]) -> Void) {
        let channels = shape.last ?? 1
        let size = shape.reduce(1, *)
        for n in 0..<batch {
            for c in 0..<channels { body(Array(stride(from: n * size + c, to: (n + 1) * size, by: channels))) }
        }
    }
}
