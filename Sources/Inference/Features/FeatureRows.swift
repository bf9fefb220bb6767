package import Zoo

/// Features of pictures, a row each: `[N, F]`, finite.
package struct FeatureRows: Sendable, Hashable {
    /// The number of rows.
    package let count: Int
    /// The number of values of a row.
    package let width: Int
    /// Row by row.
    package let values: [Float]

    /// - Throws: `GraftError.shapeMismatch` where the values are not `count` rows of `width`, `value` for one that is not
    ///   a finite number.
    package init(count: Int, width: Int, values: [Float]) throws(GraftError) {
        guard count >= 0, width > 0, Tensor.count(of: [count, width]) == values.count else {
            throw GraftError(
                .shapeMismatch, "features do not make rows", expected: "\(count)x\(width) values",
                found: "\(values.count)")
        }
        guard values.allSatisfy(\.isFinite) else {
            throw GraftError(.value, "a feature is not a finite number")
        }
        self.init(checked: values, width: width)
    }

    /// A row a picture.
    /// - Parameter tensor: `[N, F]`
    /// - Throws: `GraftError.shapeMismatch`, `value`
    package init(_ tensor: Tensor) throws(GraftError) {
        guard tensor.shape.count == 2 else {
            throw GraftError(
                .shapeMismatch, "features do not make rows", expected: "a shape of NxF",
                found: Tensor.describe(tensor.shape))
        }
        try self.init(count: tensor.shape[0], width: tensor.shape[1], values: tensor.elements)
    }

    /// For values that are right by construction.
    package init(checked values: [Float], width: Int) {
        count = values.count / width
        self.width = width
        self.values = values
    }

    /// The values of one row.
    package subscript(row: Int) -> ArraySlice<Float> { values[row * width..<(row + 1) * width] }

    /// Some of the rows, in that order.
    package func rows(_ indices: [Int]) -> FeatureRows {
        var chosen: [Float] = []
        chosen.reserveCapacity(indices.count * width)
        for index in indices { chosen += self[index] }
        return FeatureRows(checked: chosen, width: width)
    }

    /// Rows of length 1; a row of zeros stays one.
    package var unit: FeatureRows {
        var result = values
        for row in 0..<count {
            let range = row * width..<(row + 1) * width
            let square = values[range].reduce(into: 0.0) { $0 += Double($1) * Double($1) }
            guard square > 0 else { continue }
            let scale = 1 / square.squareRoot()
            for index in range { result[index] = Float(Double(values[index]) * scale) }
        }
        return FeatureRows(checked: result, width: width)
    }
}
