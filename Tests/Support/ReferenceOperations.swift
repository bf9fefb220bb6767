import Foundation
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
        case .layerScale(let scale):
            return x.enumerated().map { index, value in
                let place = scale.isShared ? 0 : index % channels
                return value * parameters[0][place] + (scale.shift == nil ? 0 : parameters[1][place])
            }
        case .responseNorm(let norm):
            let norms = (0..<channels).map { c in
                (0..<positions).reduce(0) { $0 + x[$1 * channels + c] * x[$1 * channels + c] }.squareRoot()
            }
            let mean = norms.reduce(0, +) / Double(channels) + norm.epsilon
            return x.enumerated().map { index, value in
                let c = index % channels
                return value + parameters[0][c] * value * norms[c] / mean + parameters[1][c]
            }
        case .neighbours(let votes):
            let nearest = x.indices.filter { parameters[0][$0] >= 0 }
                .sorted { (-x[$0], $0) < (-x[$1], $1) }.prefix(votes.count)
            let weights = nearest.map { exp(x[$0] / votes.temperature) }
            return (0..<votes.outputs).map { label in
                let own = zip(nearest, weights).filter { parameters[0][$0.0] == Double(label) }.reduce(0) { $0 + $1.1 }
                return parameters[1][0] * log(max(own / weights.reduce(0, +), 1e-6))
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
        case .attention(let attention):
            guard let windows = attention.windows else { return self.attention(attention, inputs, shapes) }
            return self.windowed(attention, windows, x, shape, table: parameters[0], bias: parameters[1])
        case .slice(let slice):
            switch slice.axis {
            case .channels:
                let range = slice.range(in: channels) ?? 0..<0
                return (0..<positions).flatMap { p in range.map { x[p * channels + $0] } }
            case .positions:
                let range = slice.range(in: shape[0]) ?? 0..<0
                return Array(x[range.lowerBound * channels..<range.upperBound * channels])
            }
        case .spaceToDepth(let squares):
            let side = squares.side, area = side * side
            let (height, width) = ((shape[0] + side - 1) / side, (shape[1] + side - 1) / side)
            var result: [Double] = []
            for y in 0..<height {
                for column in 0..<width {
                    for index in 0..<channels * area {
                        // PyTorch's order, or that of Swin's concatenation: columns of the square, each from above.
                        let isByChannel = squares.order == .channels
                        let c = isByChannel ? index / area : index % channels, place = index / channels
                        let down = isByChannel ? index % area / side : place % side
                        let across = isByChannel ? index % side : place / side
                        let row = y * side + down, beside = column * side + across
                        let isInside = row < shape[0] && beside < shape[1]
                        result.append(isInside ? x[(row * shape[1] + beside) * channels + c] : 0)
                    }
                }
            }
            return result
        case .pad(let margin):
            var result: [Double] = []
            for y in 0..<shape[0] + margin.height {
                for column in 0..<shape[1] + margin.width {
                    for c in 0..<channels {
                        let isInside = y < shape[0] && column < shape[1]
                        result.append(isInside ? x[(y * shape[1] + column) * channels + c] : 0)
                    }
                }
            }
            return result
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
        let queries = shapes[0].dropLast().reduce(1, *), keys = shapes[shapes.count - 1].dropLast().reduce(1, *)
        let all = shapes[0].last ?? 0
        let channels = isFused ? all / 3 : all, size = channels / attention.heads
        var result = [Double](repeating: 0, count: queries * channels)
        func element(_ part: Int, _ position: Int, _ head: Int, _ c: Int) -> Double {
            if isFused { return inputs[0][position * 3 * channels + part * channels + head * size + c] }
            let width = shapes[part].last ?? 0
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

    /// As torchvision computes it: zeros around the image get the bias, the image is rolled, cut into windows, and rolled back.
    private static func windowed(
        _ attention: Attention, _ windows: Attention.Windows, _ x: [Double], _ shape: [Int], table: [Double],
        bias: [Double]
    ) -> [Double] {
        let (height, width, threefold) = (shape[0], shape[1], shape[2])
        let channels = threefold / 3, size = channels / attention.heads
        let (tall, wide) = (windows.size.height, windows.size.width)
        let rows = (height + tall - 1) / tall * tall, columns = (width + wide - 1) / wide * wide
        let down = tall >= rows ? 0 : windows.shift.height, across = wide >= columns ? 0 : windows.shift.width
        // The label of each row and column of the rolled image, as slices give it.
        func labels(_ count: Int, _ window: Int, _ shift: Int) -> [Int] {
            (0..<count).map { shift == 0 ? 0 : $0 >= count - shift ? 2 : $0 >= count - window ? 1 : 0 }
        }
        let rowLabels = labels(rows, tall, down), columnLabels = labels(columns, wide, across)
        var rolled: [[Double]] = []
        for row in 0..<rows {
            for column in 0..<columns {
                let (y, beside) = ((row + down) % rows, (column + across) % columns)
                let isInside = y < height && beside < width
                rolled.append(
                    (0..<threefold).map { (isInside ? x[(y * width + beside) * threefold + $0] : 0) + bias[$0] })
            }
        }
        var result = [Double](repeating: 0, count: height * width * channels)
        for row in 0..<rows {
            for column in 0..<columns {
                let (y, beside) = ((row + down) % rows, (column + across) % columns)
                guard y < height, beside < width else { continue }
                let others = (0..<tall * wide).map {
                    (row: row / tall * tall + $0 / wide, column: column / wide * wide + $0 % wide)
                }
                for head in 0..<attention.heads {
                    let query = rolled[row * columns + column][head * size..<(head + 1) * size]
                    let scores = others.map { other -> Double in
                        let key = rolled[other.row * columns + other.column][
                            (channels + head * size)..<(channels + (head + 1) * size)]
                        let distance = (row - other.row + tall - 1) * (2 * wide - 1) + column - other.column + wide - 1
                        let isSame =
                            rowLabels[row] == rowLabels[other.row] && columnLabels[column] == columnLabels[other.column]
                        let product = zip(query, key).reduce(0.0) { $0 + $1.0 * $1.1 } / Double(size).squareRoot()
                        return product + table[distance * attention.heads + head] - (isSame ? 0.0 : 100.0)
                    }
                    let most = scores.max() ?? 0, weights = scores.map { exponential($0 - most) }
                    let sum = weights.reduce(0, +)
                    for c in 0..<size {
                        let channel = 2 * channels + head * size + c
                        var value = 0.0
                        for (weight, other) in zip(weights, others) {
                            value += weight * rolled[other.row * columns + other.column][channel]
                        }
                        result[(y * width + beside) * channels + head * size + c] = value / sum
                    }
                }
            }
        }
        return result
    }
}
