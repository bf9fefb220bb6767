import Engine

/// Rows of numbers whose lengths are rounded up to whole vectors with zeros, so that sums go over vectors.
///
/// A sum's order depends on the row's length alone.
package struct PackedRows: Sendable {
    package typealias Lane = SIMD4<Double>

    package let count: Int
    package let width: Int
    /// Vectors a row.
    let stride: Int
    private(set) var lanes: [Lane]

    package init(zeros count: Int, width: Int) {
        self.count = count
        self.width = width
        // Whole rows of doubles for the kernels.
        stride =
            (width + DoubleKernels.multiple - 1) / DoubleKernels.multiple * DoubleKernels.multiple / Lane.scalarCount
        lanes = [Lane](repeating: .zero, count: count * stride)
    }

    /// - Parameter values: row by row.
    package init<Values: Collection>(_ values: Values, count: Int, width: Int)
    where Values.Element: BinaryFloatingPoint, Values.Index == Int {
        self.init(zeros: count, width: width)
        var next = values.startIndex
        for row in 0..<count {
            for column in 0..<width {
                lanes[row * stride + column / Lane.scalarCount][column % Lane.scalarCount] = Double(values[next])
                next += 1
            }
        }
    }

    /// The values without the zeros.
    package var values: [Double] {
        (0..<count).flatMap { row in
            (0..<width).map { lanes[row * stride + $0 / Lane.scalarCount][$0 % Lane.scalarCount] }
        }
    }

    /// The products of a row with each of `others`, written from `start` on.
    /// - Parameter last: how many of `others`, from the first; nil for all.
    package func products(
        of row: Int, with others: PackedRows, _ last: Int? = nil, into result: inout [Double], at start: Int
    ) {
        let products = products(row..<row + 1, with: others, last)
        for (place, product) in products.enumerated() { result[start + place] = product }
    }

    /// The product of each of some rows with each of `others`, `[rows, others]`.
    /// - Parameter last: how many of `others`, from the first; nil for all.
    func products(_ range: Range<Int>, with others: PackedRows, _ last: Int? = nil) -> [Double] {
        precondition(others.stride == stride, "rows of other lengths")
        return DoubleKernels()?.products(
            lanes, range, with: others.lanes, count: last ?? others.count, stride: stride) ?? []
    }

    /// Adds to each row all rows of `others`, each times its factor.
    /// - Parameter factors: `[count, others]`
    mutating func add(_ factors: [Double], times others: PackedRows) {
        precondition(others.stride == stride, "rows of other lengths")
        DoubleKernels()?.addSums(of: others.lanes, factors: factors, to: &lanes, stride: stride)
    }

    /// Adds a row of `others` times a factor to a row of this.
    /// - Parameter last: the column to stop after, with those of its vector; nil for all.
    mutating func add(_ factor: Double, times others: PackedRows, row: Int, to target: Int, through last: Int? = nil) {
        let end = last.map { $0 / Lane.scalarCount + 1 } ?? stride
        for index in 0..<end { lanes[target * stride + index] += factor * others.lanes[row * stride + index] }
    }

    mutating func clear() {
        for index in lanes.indices { lanes[index] = .zero }
    }

    /// Some of the rows, in that order.
    package func rows(_ indices: [Int]) -> PackedRows {
        var result = PackedRows(zeros: indices.count, width: width)
        for (place, row) in indices.enumerated() {
            for index in 0..<stride { result.lanes[place * stride + index] = lanes[row * stride + index] }
        }
        return result
    }

    /// The same with a column of ones behind.
    package var bordered: PackedRows {
        var result = PackedRows(zeros: count, width: width + 1)
        for row in 0..<count {
            for index in 0..<stride { result.lanes[row * result.stride + index] = lanes[row * stride + index] }
            result[row, width] = 1
        }
        return result
    }

    /// Columns as rows.
    package var transposed: PackedRows {
        var result = PackedRows(zeros: width, width: count)
        for row in 0..<count {
            for column in 0..<width { result[column, row] = self[row, column] }
        }
        return result
    }
}

/// Vectors of the same shape as a whole: what an optimiser of many numbers works with.
extension PackedRows {
    /// The sum of all products.
    func dot(_ other: PackedRows) -> Double {
        var sum = Lane.zero
        for index in lanes.indices { sum += lanes[index] * other.lanes[index] }
        return sum.sum()
    }

    mutating func add(_ factor: Double, times other: PackedRows) {
        for index in lanes.indices { lanes[index] += factor * other.lanes[index] }
    }

    mutating func scale(by factor: Double) {
        for index in lanes.indices { lanes[index] *= factor }
    }

    var largestMagnitude: Double {
        var largest = 0.0
        for lane in lanes { largest = max(largest, lane.max(), -lane.min()) }
        return largest
    }

    package subscript(row: Int, column: Int) -> Double {
        get { lanes[row * stride + column / Lane.scalarCount][column % Lane.scalarCount] }
        set { lanes[row * stride + column / Lane.scalarCount][column % Lane.scalarCount] = newValue }
    }
}
