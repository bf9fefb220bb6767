import Engine
package import Zoo

/// Linear regression with an L2 penalty on the weights, not on the biases: the minimum of
/// `strength * sum of squared errors + |W|^2`, scikit-learn's `Ridge(alpha: 1 / strength)`, in closed form.
package struct RidgeRegression: Sendable {
    private let space: RowSpace
    /// `[V, N]`, less their means.
    private let targets: PackedRows
    private let means: [Double]
    /// `ZᵀZ`, `[r, r]`
    private let moments: PackedRows
    /// `ZᵀY`, `[V, r]`
    private let products: PackedRows
    private let threads: Int

    /// Strengths that are tried: half a power of ten apart.
    package static let strengths: [Double] = (0...12).map { exponent in
        (0..<exponent / 2).reduce(exponent.isMultiple(of: 2) ? 0.01 : 0.01 * 10.0.squareRoot()) { value, _ in value * 10
        }
    }

    /// - Parameter values: `[N, V]`
    /// - Throws: `GraftError` `.shapeMismatch` for targets of other rows.
    package init(_ space: RowSpace, values: Tensor, threads: Int) throws(GraftError) {
        guard values.shape.count == 2, values.shape[0] == space.rows.count, values.shape[1] > 0 else {
            throw GraftError(
                .shapeMismatch, "every row of features needs its numbers", expected: "\(space.rows.count) rows",
                found: Tensor.describe(values.shape))
        }
        self.space = space
        self.threads = threads
        var rows = PackedRows(values.elements, count: values.shape[0], width: values.shape[1])
        means = rows.center()
        targets = rows.transposed
        let columns = space.rows.transposed
        moments = columns.gram(threads: threads)
        var products = PackedRows(zeros: targets.count, width: space.rows.width)
        var sums = [Double](repeating: 0, count: columns.count)
        for value in 0..<targets.count {
            targets.products(of: value, with: columns, into: &sums, at: 0)
            for (place, sum) in sums.enumerated() { products[value, place] = sum }
        }
        self.products = products
    }

    /// The strength under which the sum of squared errors is least, each picture answered by a fit of all others; the
    /// first of equals.
    package var choice: OptionChoice {
        let strengths = Self.strengths
        let errors = WorkerPool.map(count: strengths.count, threads: threads) { leftOutError(strengths[$0]) }
        return OptionChoice(
            option: "strength", chosen: strengths[errors.indices.min { (errors[$0], $0) < (errors[$1], $1) } ?? 0],
            pictures: space.rows.count,
            trials: zip(strengths, errors).map { OptionChoice.Trial(value: $0, loss: $1) })
    }

    /// The regression on all rows.
    /// - Returns: on the features themselves, `[V, F]` and `[V]`.
    package func fit(strength: Double) -> (weights: PackedRows, biases: [Double]) {
        space.onFeatures(weights: triangle(strength).solve(products), biases: means)
    }

    private func triangle(_ strength: Double) -> Cholesky {
        var matrix = moments
        for place in 0..<matrix.count { matrix[place, place] += 1 / strength }
        return Cholesky(matrix)
    }

    /// The mean squared error of pictures that are left out, in closed form: a residual divided by one less the row's
    /// leverage, `1 / N + z (ZᵀZ + 1 / strength)⁻¹ zᵀ`.
    private func leftOutError(_ strength: Double) -> Double {
        let triangle = triangle(strength)
        let weights = triangle.solve(products)
        let turned = triangle.forward(space.rows)
        let count = space.rows.count
        var answers = [Double](repeating: 0, count: weights.count)
        var sum = 0.0
        for row in 0..<count {
            let leverage = 1 / Double(count) + turned.squaredLength(of: row)
            space.rows.products(of: row, with: weights, into: &answers, at: 0)
            for (value, answer) in answers.enumerated() {
                let error = (targets[value, row] - answer) / max(1e-12, 1 - leverage)
                sum += error * error
            }
        }
        return sum / Double(count * weights.count)
    }
}

extension PackedRows {
    fileprivate func squaredLength(of row: Int) -> Double {
        var sum = Lane.zero
        for index in row * stride..<(row + 1) * stride { sum += lanes[index] * lanes[index] }
        return sum.sum()
    }
}
