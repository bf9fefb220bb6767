import Engine

/// Rows of length 1, to compare pictures by the cosine of their features.
package struct UnitRows: Sendable {
    typealias Lane = SIMD8<Float>

    package let count: Int
    private let stride: Int
    private let lanes: [Lane]

    /// A row of zeros stays one: its cosine with anything is 0.
    package init(_ features: FeatureRows) {
        self.init(unit: features.unit)
    }

    /// - Parameter unit: rows of length 1 already.
    package init(unit: FeatureRows) {
        count = unit.count
        let stride = (unit.width + Lane.scalarCount - 1) / Lane.scalarCount
        var lanes = [Lane](repeating: .zero, count: unit.count * stride)
        for row in 0..<unit.count {
            for column in 0..<unit.width {
                lanes[row * stride + column / Lane.scalarCount][column % Lane.scalarCount] =
                    unit.values[row * unit.width + column]
            }
        }
        self.stride = stride
        self.lanes = lanes
    }

    /// The cosine of one row with some rows of `others`.
    package func cosines(of row: Int, with others: UnitRows, _ range: Range<Int>) -> [Float] {
        precondition(others.stride == stride, "rows of other lengths")
        var result = [Float](repeating: 0, count: range.count)
        let first = row * stride
        var other = range.lowerBound
        while other + 2 <= range.upperBound {
            let (a, b) = (other * stride, (other + 1) * stride)
            var sums = (Lane.zero, Lane.zero)
            for index in 0..<stride {
                let value = lanes[first + index]
                sums.0 += value * others.lanes[a + index]
                sums.1 += value * others.lanes[b + index]
            }
            result[other - range.lowerBound] = sums.0.sum()
            result[other - range.lowerBound + 1] = sums.1.sum()
            other += 2
        }
        if other < range.upperBound {
            var sum = Lane.zero
            for index in 0..<stride { sum += lanes[first + index] * others.lanes[other * stride + index] }
            result[other - range.lowerBound] = sum.sum()
        }
        return result
    }

    /// For each row, the rows with the largest cosines, nearest first; of equals the earlier one.
    /// - Parameter excluded: pairs that do not count as neighbours, such as copies. A row is never its own neighbour.
    package func nearest(
        _ neighbours: Int, threads: Int, excluding excluded: @Sendable (Int, Int) -> Bool = { _, _ in false }
    ) -> [[Neighbour]] {
        WorkerPool.map(count: count, threads: threads) { row in
            nearest(neighbours, to: cosines(of: row, with: self, 0..<count)) { $0 != row && !excluded(row, $0) }
        }
    }

    /// The largest of some cosines.
    package func nearest(
        _ neighbours: Int, to cosines: [Float], where counts: (Int) -> Bool = { _ in true }
    ) -> [Neighbour] {
        var best: [Neighbour] = []
        for (index, cosine) in cosines.enumerated() {
            if best.count == neighbours, let last = best.last, cosine <= last.cosine { continue }
            guard counts(index) else { continue }
            let place = best.firstIndex { $0.cosine < cosine } ?? best.count
            best.insert(Neighbour(row: index, cosine: cosine), at: place)
            if best.count > neighbours { best.removeLast() }
        }
        return best
    }
}

/// A row and how near it is.
package struct Neighbour: Sendable, Hashable {
    package let row: Int
    package let cosine: Float

    package init(row: Int, cosine: Float) {
        self.row = row
        self.cosine = cosine
    }
}
