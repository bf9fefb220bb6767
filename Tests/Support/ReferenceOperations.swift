package import Zoo

/// The operations of sequences and those that move values, of one image, by their definitions in double precision.
package enum ReferenceOperations {
    /// - Parameters:
    ///   - inputs: flat, by operand.
    ///   - shapes: theirs.
    ///   - parameters: the node's tensors.
    /// - Returns: nil for an operation that others evaluate.
    package static func value(
        _ operation: Zoo.Operation, _ inputs: [[Double]], shapes: [[Int]], parameters: [[Double]]
    ) -> [Double]? {
        let x = inputs.first ?? [], shape = shapes.first ?? [], channels = shape.last ?? 1
        let positions = channels > 0 ? x.count / channels : 0
        switch operation {
        case .linear(let linear) where linear.hasUnitRows:
            return (0..<linear.outputs).map { o in
                let row = parameters[0][o * linear.inputs..<(o + 1) * linear.inputs]
                let norm = row.reduce(0) { $0 + $1 * $1 }.squareRoot()
                return parameters[1][0] * zip(row, x).reduce(0) { $0 + $1.0 * $1.1 } / max(norm, 1e-12)
            }
        case .linear(let linear):
            return (0..<positions).flatMap { p in
                (0..<linear.outputs).map { o in
                    (0..<linear.inputs).reduce(linear.bias ? parameters[1][o] : 0) {
                        $0 + x[p * linear.inputs + $1] * parameters[0][o * linear.inputs + $1]
                    }
                }
            }
        case .layerNorm(let norm):
            return (0..<positions).flatMap { p in
                let row = x[p * channels..<(p + 1) * channels]
                let mean = row.reduce(0, +) / Double(channels)
                let variance = row.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(channels)
                return row.enumerated().map { c, value in
                    (value - mean) / (variance + norm.epsilon).squareRoot() * parameters[0][c] + parameters[1][c]
                }
            }
        case .layerScale: return x.enumerated().map { $1 * parameters[0][$0 % channels] }
        case .responseNorm(let norm):
            let norms = (0..<channels).map { c in
                (0..<positions).reduce(0) { $0 + x[$1 * channels + c] * x[$1 * channels + c] }.squareRoot()
            }
            let mean = norms.reduce(0, +) / Double(channels) + norm.epsilon
            return x.enumerated().map { index, value in
                let c = index % channels
                return value + parameters[0][c] * value * norms[c] / mean + parameters[1][c]
            }
        case .tokens(let embedding, let channels):
            let whole = parameters.prefix(embedding.tokens.count).joined() + x
            guard let positions = embedding.positions, let table = parameters.last else { return whole }
            let rows = embedding.tokens.reduce(0) { $0 + ($1.hasPosition ? $1.count : 0) }
            var added: [Double] = [], next = 0
            for token in embedding.tokens {
                for _ in 0..<token.count {
                    added += (0..<channels).map { token.hasPosition ? table[next * channels + $0] : 0 }
                    next += token.hasPosition ? 1 : 0
                }
            }
            let down = positions.resampling.matrix(from: positions.grid.height, to: shape[0])
            let across = positions.resampling.matrix(from: positions.grid.width, to: shape[1])
            for y in 0..<shape[0] {
                for column in 0..<shape[1] {
                    for c in 0..<channels {
                        var sum = 0.0
                        for from in 0..<positions.grid.height {
                            for beside in 0..<positions.grid.width {
                                let factor =
                                    shape[0] == positions.grid.height && shape[1] == positions.grid.width
                                    ? (from == y && beside == column ? 1 : 0) : down[y][from] * across[column][beside]
                                sum += factor * table[(rows + from * positions.grid.width + beside) * channels + c]
                            }
                        }
                        added.append(sum)
                    }
                }
            }
            return zip(whole, added).map { $0 + $1 }
        case .attention(let attention): return self.attention(attention, inputs, shapes)
        case .slice(let slice):
            switch slice.axis {
            case .channels:
                let range = slice.range(in: channels) ?? 0..<0
                return (0..<positions).flatMap { p in range.map { x[p * channels + $0] } }
            case .positions:
                let range = slice.range(in: shape[0]) ?? 0..<0
                return Array(x[range.lowerBound * channels..<range.upperBound * channels])
            }
        case .spaceToDepth(let side):
            let (height, width) = (shape[0] / side, shape[1] / side)
            return (0..<height).flatMap { y in
                (0..<width).flatMap { column in
                    (0..<channels * side * side).map { c in
                        let row = y * side + c % (side * side) / side
                        return x[(row * shape[1] + column * side + c % side) * channels + c / (side * side)]
                    }
                }
            }
        case .gridPool(let grid):
            return (0..<grid.height).flatMap { row in
                (0..<grid.width).flatMap { column in
                    (0..<channels).map { c in
                        let rows = row * shape[0] / grid.height..<((row + 1) * shape[0] + grid.height - 1) / grid.height
                        let columns =
                            column * shape[1] / grid.width..<((column + 1) * shape[1] + grid.width - 1) / grid.width
                        let sum = rows.reduce(0.0) { sum, y in
                            columns.reduce(sum) { $0 + x[(y * shape[1] + $1) * channels + c] }
                        }
                        return sum / Double(rows.count * columns.count)
                    }
                }
            }
        case .channelShuffle(let groups):
            return (0..<positions).flatMap { p in
                (0..<channels).map { x[p * channels + $0 % groups * (channels / groups) + $0 / groups] }
            }
        case .input, .convolution, .batchNorm, .activation, .pool, .globalPool, .multiply, .add, .concatenate, .dropout,
            .flatten, .normalize:
            return nil
        }
    }

    private static func attention(_ attention: Attention, _ inputs: [[Double]], _ shapes: [[Int]]) -> [Double] {
        let isFused = inputs.count == 1
        let queries = shapes[0][0], keys = shapes[shapes.count - 1][0]
        let channels = isFused ? shapes[0][1] / 3 : shapes[0][1], size = channels / attention.heads
        var result = [Double](repeating: 0, count: queries * channels)
        func element(_ part: Int, _ position: Int, _ head: Int, _ c: Int) -> Double {
            if isFused { return inputs[0][position * 3 * channels + part * channels + head * size + c] }
            let width = shapes[part][1]
            return inputs[part][position * width + (width == channels ? head * size : 0) + c]
        }
        for head in 0..<attention.heads {
            for query in 0..<queries {
                let scores = (0..<keys).map { key in
                    (0..<size).reduce(0) { $0 + element(0, query, head, $1) * element(1, key, head, $1) }
                        / Double(size).squareRoot()
                }
                let most = scores.max() ?? 0
                let weights = scores.map { exponential($0 - most) }
                let sum = weights.reduce(0, +)
                for c in 0..<size {
                    result[query * channels + head * size + c] =
                        (0..<keys).reduce(0) { $0 + weights[$1] * element(2, $1, head, c) } / sum
                }
            }
        }
        return result
    }
}
