import Zoo

/// `y = x / max(|x|, 1e-12)` over rows of channels, forward and backward.
enum NormalizeTraining {
    static func forward(_ input: [Float], channels: Int) -> [Float] {
        var result = input
        for start in stride(from: 0, to: input.count, by: channels) {
            let norm = norm(input[start..<start + channels])
            for index in start..<start + channels { result[index] = Float(Double(input[index]) / norm) }
        }
        return result
    }

    /// `dx = (g - y (y . g)) / |x|`
    static func backward(_ gradient: [Float], input: [Float], channels: Int) -> [Float] {
        var result = gradient
        for start in stride(from: 0, to: input.count, by: channels) {
            let row = start..<start + channels
            let norm = norm(input[row])
            // Below the least norm the divisor is a constant.
            let along =
                norm > Operation.leastNorm
                ? row.reduce(0.0) { $0 + Double(gradient[$1]) * Double(input[$1]) } / (norm * norm) : 0
            for index in row {
                result[index] = Float((Double(gradient[index]) - Double(input[index]) * along) / norm)
            }
        }
        return result
    }

    private static func norm(_ row: ArraySlice<Float>) -> Double {
        max(row.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot(), Operation.leastNorm)
    }
}
