import Zoo

/// One head's scores in one window, in memory that its caller has: queries, keys and values with their bias.
struct WindowScores: @unchecked Sendable {
    let windowed: WindowedAttention
    let products: AttentionProducts
    /// `[heads][positions][width]`, what is added to scores before they are scaled.
    let addends: UnsafeMutableBuffer
    /// `[3C]`
    let bias: UnsafeMutableBuffer
    /// By window and position, row and column in the image; -1 beyond it.
    private let rows: UnsafePointer<Int32>
    private let columns: UnsafePointer<Int32>
    /// `[positions][width]` of each different mask: what pairs of different parts lose.
    private let masks: UnsafePointer<Float>
    /// Each window's mask; -1 for none.
    private let maskNumbers: UnsafePointer<Int32>

    init(_ windowed: WindowedAttention, target: Target) {
        self.windowed = windowed
        let pixels = (0..<windowed.count * windowed.positions).map {
            windowed.pixel($0 % windowed.positions, in: $0 / windowed.positions)
        }
        rows = target.storage.array(pixels.map { Int32($0?.row ?? -1) })
        columns = target.storage.array(pixels.map { Int32($0?.column ?? -1) })
        (masks, maskNumbers) = Self.masks(of: windowed, target)
        products = AttentionProducts(columns: max(windowed.size, windowed.positions), target)
        addends = UnsafeMutableBuffer(
            count: windowed.heads * windowed.positions * target.kernels.padded(windowed.positions), target)
        bias = UnsafeMutableBuffer(count: 3 * windowed.heads * windowed.size, target)
    }

    private static func masks(
        of windowed: WindowedAttention, _ target: Target
    ) -> (UnsafePointer<Float>, UnsafePointer<Int32>) {
        let positions = windowed.positions, width = target.kernels.padded(positions)
        let loss = Float(Attention.strangersLoss) / windowed.scale
        var known: [[Int]: Int32] = [:]
        var masks: [Float] = []
        let numbers = (0..<windowed.count).map { window -> Int32 in
            guard windowed.isDivided(window) else { return -1 }
            let parts = (0..<positions).map { windowed.part($0, in: window) }
            if let number = known[parts] { return number }
            let number = Int32(known.count)
            known[parts] = number
            for query in parts {
                masks += parts.map { $0 == query ? 0 : -loss } + [Float](repeating: 0, count: width - positions)
            }
            return number
        }
        return (target.storage.array(masks), target.storage.array(numbers))
    }

    func prepare(table: [Float], bias values: [Float]) {
        addends.fill(windowed.addends(table, stride: width))
        bias.fill(values)
    }

    var positions: Int { windowed.positions }
    /// Of a row of scores, of a head's channels: whole vectors.
    var width: Int { products.kernels.padded(positions) }
    var size: Int { products.kernels.padded(windowed.size) }

    /// Floats from the image's beginning to a window's position; nil beyond the image.
    func offset(_ position: Int, in window: Int, stride: Int, rowStride: Int) -> Int? {
        let index = window * positions + position, row = Int(rows[index])
        return row < 0 ? nil : row * rowStride + Int(columns[index]) * stride
    }

    /// A head's queries (0), keys (1) or values (2) in a window, `[positions][size]`: its bias where the image ends.
    /// - Parameters:
    ///   - stride: floats between pixels of a row.
    ///   - rowStride: floats between rows.
    func gather(
        _ part: Int, head: Int, window: Int, from image: UnsafePointer<Float>, stride: Int, rowStride: Int,
        to rows: UnsafeMutablePointer<Float>
    ) {
        let channels = windowed.size, first = (part * windowed.heads + head) * channels
        let bias = bias.pointer + first
        for position in 0..<positions {
            let target = rows + position * size
            if let offset = offset(position, in: window, stride: stride, rowStride: rowStride) {
                let source = image + offset + first
                for c in 0..<channels { target[c] = source[c] + bias[c] }
            } else {
                target.update(from: bias, count: channels)
            }
            (target + channels).update(repeating: 0, count: size - channels)
        }
    }

    /// `queries * keys`, plus what belongs to their distance and parts, before the scale: `[positions][width]`.
    /// - Parameter keys: packed as columns.
    func score(
        _ queries: UnsafePointer<Float>, _ keys: UnsafePointer<Float>, head: Int, window: Int,
        to scores: UnsafeMutablePointer<Float>
    ) {
        scores.update(from: addends.pointer + head * positions * width, count: positions * width)
        if maskNumbers[window] >= 0 {
            let mask = masks + Int(maskNumbers[window]) * positions * width
            for index in 0..<positions * width { scores[index] += mask[index] }
        }
        products.multiply(
            queries, stride: size, depth: windowed.size, keys, columns: positions, rows: positions, to: scores,
            stride: width, adds: true)
    }
}
