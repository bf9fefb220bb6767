package import Zoo

/// Features as regressions like them: less their mean, in a unit that makes the mean squared length of a row 1, so that a
/// penalty means the same for any backbone; and where there are fewer rows than columns, turned into a space of as many
/// columns as there are rows. Turning changes no length: a regression with an L2 penalty finds the same in both.
///
/// With features X, the unit s and the mean m, `(X - m) / s = Z Q`, the rows of Q orthonormal.
package struct RowSpace: Sendable {
    /// Z, `[N, r]`.
    package let rows: PackedRows
    private let mean: [Double]
    private let unit: Double
    /// Where space was saved: `Q = L⁻¹ B`, of the triangle L and some rows B of `(X - m) / s`.
    private let basis: (triangle: Cholesky, rows: PackedRows)?

    /// - Parameter features: `[N, F]`, finite, N at least 1.
    /// - Throws: `GraftError` `.shapeMismatch` for another shape.
    package init(_ features: Tensor, threads: Int) throws(GraftError) {
        guard features.shape.count == 2, features.shape[0] > 0, features.shape[1] > 0 else {
            throw GraftError(
                .shapeMismatch, "features do not make rows", expected: "a shape of NxF",
                found: Tensor.describe(features.shape))
        }
        let (count, width) = (features.shape[0], features.shape[1])
        var rows = PackedRows(features.elements, count: count, width: width)
        let mean = rows.center()
        let length = rows.dot(rows)
        let unit = length > 0 ? (length / Double(count)).squareRoot() : 1
        rows.scale(by: 1 / unit)
        self.mean = mean
        self.unit = unit
        guard count < width else {
            self.rows = rows
            basis = nil
            return
        }
        // The mean is gone, so one row at least follows from the others; copies follow too.
        let whole = Cholesky(rows.gram(threads: threads), least: 1e-13)
        let kept = whole.kept
        let reduced = whole.columns
        self.rows = reduced
        basis = kept.isEmpty ? nil : (Cholesky(triangle: reduced.rows(kept)), rows.rows(kept))
    }

    /// What a regression on `rows` is on the features themselves.
    /// - Parameters:
    ///   - weights: `[K, r]`
    ///   - biases: `[K]`
    /// - Returns: `[K, F]` and `[K]`
    package func onFeatures(weights: PackedRows, biases: [Double]) -> (weights: PackedRows, biases: [Double]) {
        var result = PackedRows(zeros: weights.count, width: mean.count)
        if let basis {
            let shares = basis.triangle.backward(weights)
            for row in 0..<weights.count {
                for place in 0..<basis.rows.count {
                    result.add(shares[row, place], times: basis.rows, row: place, to: row)
                }
            }
        } else if weights.width == mean.count {
            result = weights
        }
        result.scale(by: 1 / unit)
        let offsets = (0..<weights.count).map { row in
            mean.indices.reduce(biases[row]) { $0 - result[row, $1] * mean[$1] }
        }
        return (result, offsets)
    }
}

extension PackedRows {
    /// Takes the mean off every column.
    /// - Returns: the means.
    mutating func center() -> [Double] {
        var means = [Double](repeating: 0, count: width)
        for row in 0..<count {
            for column in 0..<width { means[column] += self[row, column] }
        }
        for column in 0..<width { means[column] /= Double(count) }
        for row in 0..<count {
            for column in 0..<width { self[row, column] -= means[column] }
        }
        return means
    }
}

extension PackedRows {
    /// The values as a head keeps them.
    package var floats: [Float] { values.map { Float($0) } }
}
