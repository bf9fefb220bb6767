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
        stride = (width + Lane.scalarCount - 1) / Lane.scalarCount
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
        precondition(others.stride == stride, "rows of other lengths")
        let first = row * stride
        let last = last ?? others.count
        var other = 0
        while other + 4 <= last {
            let (a, b, c, d) = (
                other * stride, (other + 1) * stride, (other + 2) * stride, (other + 3) * stride
            )
            var sums = (Lane.zero, Lane.zero, Lane.zero, Lane.zero)
            for index in 0..<stride {
                let value = lanes[first + index]
                sums.0 += value * others.lanes[a + index]
                sums.1 += value * others.lanes[b + index]
                sums.2 += value * others.lanes[c + index]
                sums.3 += value * others.lanes[d + index]
            }
            result[start + other] = sums.0.sum()
            result[start + other + 1] = sums.1.sum()
            result[start + other + 2] = sums.2.sum()
            result[start + other + 3] = sums.3.sum()
            other += 4
        }
        if other + 2 <= last {
            let (a, b) = (other * stride, (other + 1) * stride)
            var sums = (Lane.zero, Lane.zero)
            for index in 0..<stride {
                let value = lanes[first + index]
                sums.0 += value * others.lanes[a + index]
                sums.1 += value * others.lanes[b + index]
            }
            result[start + other] = sums.0.sum()
            result[start + other + 1] = sums.1.sum()
            other += 2
        }
        if other < last {
            var sum = Lane.zero
            for index in 0..<stride { sum += lanes[first + index] * others.lanes[other * stride + index] }
            result[start + other] = sum.sum()
        }
    }

    /// Adds four rows of `others`, from `row` on and each times its factor, to a row of this.
    mutating func add(_ factors: SIMD4<Double>, times others: PackedRows, from row: Int, to target: Int) {
        let (a, b, c, d) = (row * stride, (row + 1) * stride, (row + 2) * stride, (row + 3) * stride)
        let (f, g, h, i) = (factors[0], factors[1], factors[2], factors[3])
        for index in 0..<stride {
            let left = f * others.lanes[a + index] + g * others.lanes[b + index]
            let right = h * others.lanes[c + index] + i * others.lanes[d + index]
            lanes[target * stride + index] += left + right
        }
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
