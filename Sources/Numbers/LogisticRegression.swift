/// Multinomial logistic regression with an L2 penalty on the weights, not on the biases: the minimum of
/// `strength * sum of cross entropies + |W|^2 / 2`, scikit-learn's `LogisticRegression(C: strength)` to its last digits.
///
/// In double precision and in a fixed order: the same bits for the same rows on every machine of one kind, whatever else
/// runs there.
package struct LogisticRegression: Sendable, Hashable {
    /// `[K, F]`
    package let weights: [Double]
    /// `[K]`
    package let biases: [Double]
    /// F.
    package let width: Int
    /// Steps that the fit took.
    package let steps: Int
    /// Whether the slopes came below the tolerance.
    package let converged: Bool

    /// K.
    package var classes: Int { biases.count }

    /// - Parameters:
    ///   - rows: `[N, F + 1]`, features with a column of ones behind them.
    ///   - labels: N numbers from 0 to below `classes`. A class without a picture gets the lowest of probabilities.
    ///   - strength: the inverse of the penalty: the larger, the closer to the training pictures.
    ///   - tolerance: the steepest slope, a row, to stop at.
    ///   - start: a fit of the same shape to begin from.
    package init(
        _ rows: PackedRows, labels: [Int], classes: Int, strength: Double, tolerance: Double,
        from start: LogisticRegression? = nil
    ) {
        width = rows.width - 1
        let problem = LogisticLoss(rows: rows, labels: labels, classes: classes, strength: strength)
        var begin = PackedRows(zeros: classes, width: rows.width)
        if let start, start.width == width, start.classes == classes {
            for row in 0..<classes {
                for column in 0..<width { begin[row, column] = start.weights[row * width + column] }
                begin[row, width] = start.biases[row]
            }
        }
        let solver = LBFGS(tolerance: tolerance)
        let outcome = solver.minimum(from: begin) { problem.evaluate($0) }
        steps = outcome.steps
        converged = outcome.converged
        let (point, width) = (outcome.point, self.width)
        weights = (0..<classes).flatMap { row in (0..<width).map { point[row, $0] } }
        biases = (0..<classes).map { point[$0, width] }
    }

    /// What the model says of other rows: `[N, K]`.
    /// - Parameter rows: with a column of ones behind them.
    package func logits(_ rows: PackedRows) -> [Double] {
        var packed = PackedRows(zeros: classes, width: width + 1)
        for row in 0..<classes {
            for column in 0..<width { packed[row, column] = weights[row * width + column] }
            packed[row, width] = biases[row]
        }
        return rows.products(0..<rows.count, with: packed)
    }
}
