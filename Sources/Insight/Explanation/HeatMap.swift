package import Zoo

/// Where in a picture a model finds a class: larger is more. It says where, never why.
package struct HeatMap: Sendable, Hashable {
    /// The cells of the feature map that was looked at.
    package let rows: Int
    /// The cells of the feature map that was looked at.
    package let columns: Int
    /// `[rows, columns]`. A class activation map holds what each cell adds to the class's logit, negative where it speaks
    /// against it; the other methods have no negative values.
    package let values: [Float]
    /// The class that was asked for.
    package let index: Int

    /// - Throws: `GraftError.shapeMismatch` where the values are not as many as the cells.
    package init(rows: Int, columns: Int, values: [Float], index: Int) throws(GraftError) {
        guard rows > 0, columns > 0, Tensor.count(of: [rows, columns]) == values.count else {
            throw GraftError(
                .shapeMismatch, "a heat map's values do not fit its cells", expected: "\(rows)x\(columns)",
                found: "\(values.count)")
        }
        self.init(checked: values, rows: rows, columns: columns, index: index)
    }

    init(checked values: [Float], rows: Int, columns: Int, index: Int) {
        self.rows = rows
        self.columns = columns
        self.values = values
        self.index = index
    }

    /// From 0 (nothing, or speaking against the class) to 1 (the hottest cell).
    package var normalized: HeatMap {
        let largest = values.max() ?? 0
        // What is no number is nothing.
        let scaled = values.map { value -> Float in
            let share = value / largest
            return largest > 0 && share > 0 ? min(1, share) : 0
        }
        return HeatMap(checked: scaled, rows: rows, columns: columns, index: index)
    }

    /// The value at a point between cells, from (0, 0), the upper left corner, to (1, 1): straight lines between the cells'
    /// centres.
    package func value(x: Double, y: Double) -> Float {
        func place(_ share: Double, _ count: Int) -> (Int, Int, Float) {
            let position = max(0, min(Double(count) - 1, share * Double(count) - 0.5))
            let low = Int(position)
            return (low, min(count - 1, low + 1), Float(position - Double(low)))
        }
        let (top, bottom, down) = place(y, rows), (left, right, across) = place(x, columns)
        let upper = values[top * columns + left] * (1 - across) + values[top * columns + right] * across
        let lower = values[bottom * columns + left] * (1 - across) + values[bottom * columns + right] * across
        return upper * (1 - down) + lower * down
    }

    /// The cell of the largest value, the first of equals.
    package var hottest: (row: Int, column: Int) {
        var best = 0
        for index in values.indices where values[index] > values[best] { best = index }
        return (best / columns, best % columns)
    }
}
