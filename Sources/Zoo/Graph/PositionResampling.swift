/// How a table of learnt positions is made to fit an image of another size. Rows and columns apart, edges repeated.
public enum PositionResampling: Sendable, Hashable {
    /// PyTorch's `interpolate(mode="bicubic")`: with `antialias` as timm does it; without as the first DINOv2 does, whose
    /// scale is that of a size larger by `offset` (0.1 there).
    case bicubic(antialias: Bool, offset: Double = 0)

    /// What every new position is made of: `outputs` rows of `inputs` factors.
    package func matrix(from inputs: Int, to outputs: Int) -> [[Double]] {
        switch self {
        case .bicubic(antialias: true, _): Self.antialiased(inputs, outputs)
        case .bicubic(antialias: false, let offset): Self.interpolated(inputs, outputs, offset: offset)
        }
    }

    /// Four neighbours, Keys' kernel with a = -0.75.
    private static func interpolated(_ inputs: Int, _ outputs: Int, offset: Double) -> [[Double]] {
        let scale = Double(inputs) / (Double(outputs) + offset)
        return (0..<outputs).map { output in
            let position = (Double(output) + 0.5) * scale - 0.5
            let first = position.rounded(.down)
            var row = [Double](repeating: 0, count: inputs)
            for tap in -1...2 {
                let index = min(max(Int(first) + tap, 0), inputs - 1)
                row[index] += cubic(position - first - Double(tap), a: -0.75)
            }
            return row
        }
    }

    /// Keys' kernel with a = -0.5, as wide as a new position, and normalised.
    private static func antialiased(_ inputs: Int, _ outputs: Int) -> [[Double]] {
        let scale = Double(inputs) / Double(outputs), width = max(scale, 1)
        return (0..<outputs).map { output in
            let center = (Double(output) + 0.5) * scale
            let first = max(0, Int(center - 2 * width + 0.5)), end = min(inputs, Int(center + 2 * width + 0.5))
            var row = [Double](repeating: 0, count: inputs)
            for index in first..<max(first, end) {
                row[index] = cubic((Double(index) - center + 0.5) / width, a: -0.5)
            }
            let sum = row.reduce(0, +)
            return row.map { $0 / sum }
        }
    }

    private static func cubic(_ x: Double, a: Double) -> Double {
        let x = abs(x)
        if x < 1 { return ((a + 2) * x - (a + 3)) * x * x + 1 }
        if x < 2 { return ((a * x - 5 * a) * x + 8 * a) * x - 4 * a }
        return 0
    }
}

extension TokenEmbedding {
    /// What is added to every element of the sequence, in the order of the sequence: `[tokens + height * width][channels]`.
    /// - Parameter table: the tensor of `positions`.
    package func addends(_ table: [Float], channels: Int, size: Extent) -> [Double] {
        guard let positions else {
            return [Double](repeating: 0, count: (count + size.height * size.width) * channels)
        }
        var result: [Double] = []
        var row = 0
        for token in tokens {
            for _ in 0..<token.count {
                if token.hasPosition {
                    result += table[row * channels..<(row + 1) * channels].map(Double.init)
                    row += 1
                } else {
                    result += [Double](repeating: 0, count: channels)
                }
            }
        }
        let grid = table[(positioned * channels)...].map(Double.init)
        guard size != positions.grid else { return result + grid }
        let rows = positions.resampling.matrix(from: positions.grid.height, to: size.height)
        let columns = positions.resampling.matrix(from: positions.grid.width, to: size.width)
        return result + Self.product(rows, columns, grid, channels: channels)
    }

    /// The table's gradient, from that of the sequence: the reverse of `addends`.
    package func tableGradient(_ gradient: [Double], channels: Int, size: Extent) -> [Double] {
        guard let positions else { return [] }
        var result: [Double] = []
        var row = 0
        for token in tokens {
            if token.hasPosition { result += gradient[row * channels..<(row + token.count) * channels] }
            row += token.count
        }
        let grid = Array(gradient[(count * channels)...])
        guard size != positions.grid else { return result + grid }
        func transposed(_ matrix: [[Double]]) -> [[Double]] {
            matrix[0].indices.map { column in matrix.map { $0[column] } }
        }
        let rows = transposed(positions.resampling.matrix(from: positions.grid.height, to: size.height))
        let columns = transposed(positions.resampling.matrix(from: positions.grid.width, to: size.width))
        return result + Self.product(rows, columns, grid, channels: channels)
    }

    /// `rows * grid * columns'` for every channel; the grid is `[rows' inputs][columns' inputs][channels]`.
    private static func product(
        _ rows: [[Double]], _ columns: [[Double]], _ grid: [Double], channels: Int
    ) -> [Double] {
        let width = columns[0].count
        // Columns first: [input row][output column].
        var narrow = [Double](repeating: 0, count: rows[0].count * columns.count * channels)
        for y in rows[0].indices {
            for (x, factors) in columns.enumerated() {
                for (from, factor) in factors.enumerated() where factor != 0 {
                    for c in 0..<channels {
                        narrow[(y * columns.count + x) * channels + c] +=
                            factor * grid[(y * width + from) * channels + c]
                    }
                }
            }
        }
        let stride = columns.count * channels
        var result = [Double](repeating: 0, count: rows.count * stride)
        for (y, factors) in rows.enumerated() {
            for (from, factor) in factors.enumerated() where factor != 0 {
                for index in 0..<stride { result[y * stride + index] += factor * narrow[from * stride + index] }
            }
        }
        return result
    }
}
