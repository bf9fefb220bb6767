/// The comparison of pictures of which one was cut, or has something drawn over it.
extension SmallGrey {
    /// Sides of the cut picture as a share of the whole.
    private static let scales: [Float] = [1, 0.95, 0.9]
    /// The share of cells that agree worst and do not count: a corner with a mark in it.
    private static let trimmed = 10

    /// The best correlation with the other picture, one of the two cut by up to 10 % anywhere, and perhaps mirrored; the
    /// tenth of the picture that agrees worst does not count.
    func correlationOfParts(with other: SmallGrey) -> Float {
        var best: Float = 0
        let whole = normalized(scale: 1, x: 0, y: 0, mirrored: false)
        let mirroredWhole = normalized(scale: 1, x: 0, y: 0, mirrored: true)
        let otherWhole = other.normalized(scale: 1, x: 0, y: 0, mirrored: false)
        for scale in Self.scales {
            let places: [Float] = scale == 1 ? [0.5] : [0, 0.5, 1]
            for y in places {
                for x in places {
                    let part = other.normalized(scale: scale, x: x, y: y, mirrored: false)
                    best = max(best, Self.trimmedCorrelation(whole, part))
                    best = max(best, Self.trimmedCorrelation(mirroredWhole, part))
                    guard scale < 1 else { continue }
                    for mirrored in [false, true] {
                        let part = normalized(scale: scale, x: x, y: y, mirrored: mirrored)
                        best = max(best, Self.trimmedCorrelation(part, otherWhole))
                    }
                }
            }
        }
        return best
    }

    /// `[side, side]` of a window with mean 0 and length 1.
    /// - Parameters:
    ///   - scale: the window's side as a share of the picture's.
    ///   - x: from 0 (left) to 1 (right).
    ///   - y: from 0 (top) to 1 (bottom).
    private func normalized(scale: Float, x: Float, y: Float, mirrored: Bool) -> [Float] {
        let size = Float(Self.working) * scale, rest = Float(Self.working) - size
        let step = size / Float(Self.side)
        func edges(_ start: Float) -> [Int] { (0...Self.side).map { Int((start + Float($0) * step).rounded()) } }
        let columns = edges(rest * x), rows = edges(rest * y)
        var result = [Float](repeating: 0, count: Self.side * Self.side)
        for row in 0..<Self.side {
            for column in 0..<Self.side {
                var sum = 0
                for top in rows[row]..<rows[row + 1] {
                    for left in columns[column]..<columns[column + 1] { sum += Int(cells[top * Self.working + left]) }
                }
                let count = (rows[row + 1] - rows[row]) * (columns[column + 1] - columns[column])
                let target = mirrored ? Self.side - 1 - column : column
                result[row * Self.side + target] = Float(sum) / Float(max(1, count))
            }
        }
        let mean = result.reduce(0, +) / Float(result.count)
        let length = result.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }.squareRoot()
        return result.map { length > 0 ? ($0 - mean) / length : 0 }
    }

    private static func trimmedCorrelation(_ a: [Float], _ b: [Float]) -> Float {
        let plain = zip(a, b).reduce(0) { $0 + $1.0 * $1.1 }
        // Far apart: no tenth of the picture makes up for it.
        guard plain > 0.5, plain < 0.999 else { return plain }
        let order = a.indices.sorted { (abs(a[$0] - b[$0]), $0) < (abs(a[$1] - b[$1]), $1) }
        let kept = order.prefix(a.count - a.count / trimmed)
        let count = Float(kept.count)
        let meanA = kept.reduce(0) { $0 + a[$1] } / count, meanB = kept.reduce(0) { $0 + b[$1] } / count
        var product: Float = 0, squareA: Float = 0, squareB: Float = 0
        for index in kept {
            let x = a[index] - meanA, y = b[index] - meanB
            product += x * y
            squareA += x * x
            squareB += y * y
        }
        let length = (squareA * squareB).squareRoot()
        return length > 0 ? product / length : 0
    }
}
