/// Operations that only move values.
enum ElementwiseTraining {
    /// - Parameters:
    ///   - channels: of each part.
    ///   - rows: images times positions.
    static func concatenate(_ parts: [[Float]], channels: [Int], rows: Int) -> [Float] {
        var result: [Float] = []
        result.reserveCapacity(parts.reduce(0) { $0 + $1.count })
        for row in 0..<rows {
            for (part, width) in zip(parts, channels) { result += part[row * width..<(row + 1) * width] }
        }
        return result
    }

    /// The reverse of `concatenate`.
    static func split(_ whole: [Float], channels: [Int]) -> [[Float]] {
        var parts = [[Float]](repeating: [], count: channels.count)
        var position = 0
        while position < whole.count {
            for (index, width) in channels.enumerated() {
                parts[index] += whole[position..<position + width]
                position += width
            }
        }
        return parts
    }

    /// `[N, H, W, C]` to `[N, C * H * W]`.
    static func flatten(_ values: [Float], shape: [Int], batch: Int) -> [Float] {
        transposed(values, rows: shape.dropLast().reduce(1, *), columns: shape.last ?? 1, batch: batch)
    }

    /// The reverse of `flatten`.
    static func unflatten(_ values: [Float], shape: [Int], batch: Int) -> [Float] {
        transposed(values, rows: shape.last ?? 1, columns: shape.dropLast().reduce(1, *), batch: batch)
    }

    private static func transposed(_ values: [Float], rows: Int, columns: Int, batch: Int) -> [Float] {
        guard rows > 1, columns > 1 else { return values }
        var result = values
        for n in 0..<batch {
            let start = n * rows * columns
            for r in 0..<rows {
                for c in 0..<columns { result[start + c * rows + r] = values[start + r * columns + c] }
            }
        }
        return result
    }
}
