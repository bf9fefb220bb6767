/// A guess at how a logistic regression's loss curves, to shorten its way: as if every probability were `share` of what
/// makes it curve most, for all classes alike.
package struct LogisticCurvature: Sendable {
    private let triangle: Cholesky
    private let biases: Double

    /// Of a probability p the loss curves by `p (1 - p)`, one quarter at most.
    private static let share = 0.25

    /// - Parameters:
    ///   - moments: `ZᵀZ / N`, `[r, r]`, of rows without a mean.
    ///   - penalty: a row, of the squared weights.
    init(moments: PackedRows, penalty: Double) {
        var matrix = moments
        matrix.scale(by: Self.share)
        for place in 0..<matrix.count { matrix[place, place] += penalty }
        triangle = Cholesky(matrix)
        biases = 1 / Self.share
    }

    /// The inverse of the guess times a gradient, `[K, r + 1]` with the biases behind.
    func inverse(_ gradient: PackedRows) -> PackedRows {
        let width = gradient.width - 1
        var weights = PackedRows(zeros: gradient.count, width: width)
        for row in 0..<gradient.count {
            for column in 0..<width { weights[row, column] = gradient[row, column] }
        }
        let solved = triangle.solve(weights)
        var result = PackedRows(zeros: gradient.count, width: gradient.width)
        for row in 0..<gradient.count {
            for column in 0..<width { result[row, column] = solved[row, column] }
            result[row, width] = gradient[row, width] * biases
        }
        return result
    }
}
