import Zoo

/// The rows of a weight divided by their norms and multiplied by one learnt factor (arXiv:1602.07868, with the same factor for
/// all rows). Sums are in double precision.
enum WeightNorm {
    /// The weight that the layer computes with, `[outputs, inputs]`.
    /// - Parameter parameters: weight and factor.
    static func applied(_ parameters: [[Float]], _ linear: Linear) -> [Float] {
        let (weight, scale) = (parameters[0], Double(parameters[1][0]))
        var result = weight
        for row in rows(of: linear) {
            let factor = scale / norm(weight[row])
            for index in row { result[index] = Float(Double(weight[index]) * factor) }
        }
        return result
    }

    /// The gradients of weight and factor.
    /// - Parameter gradient: with respect to `applied`.
    static func backward(
        _ gradient: [Float], _ parameters: [[Float]], _ linear: Linear
    ) -> (weight: [Float], scale: Float) {
        let (weight, scale) = (parameters[0], Double(parameters[1][0]))
        var result = gradient
        var sum = 0.0
        for row in rows(of: linear) {
            let length = norm(weight[row])
            // Of the gradient, what points along the row changes nothing but the factor.
            let along = row.reduce(0.0) { $0 + Double(gradient[$1]) * Double(weight[$1]) } / length
            sum += along
            for index in row {
                let unit = Double(weight[index]) / length
                result[index] = Float(scale / length * (Double(gradient[index]) - along * unit))
            }
        }
        return (result, Float(sum))
    }

    private static func rows(of linear: Linear) -> [Range<Int>] {
        (0..<linear.outputs).map { $0 * linear.inputs..<($0 + 1) * linear.inputs }
    }

    private static func norm(_ row: ArraySlice<Float>) -> Double {
        max(row.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot(), Zoo.Operation.leastNorm)
    }
}
