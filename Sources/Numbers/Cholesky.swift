/// A symmetric matrix without negative eigenvalues as `L Lᵀ`, L lower triangular.
struct Cholesky: Sendable {
    /// L, `[n, n]` with zeros above the diagonal; the columns of pivots that were dropped are zero.
    private(set) var triangle: PackedRows
    /// The pivots that were kept, in order.
    let kept: [Int]

    /// - Parameters:
    ///   - matrix: `[n, n]`, symmetric.
    ///   - least: pivots of at most this share of the largest diagonal value count as 0. What is lost by that is at most
    ///     its square root, as a share of that value.
    init(_ matrix: PackedRows, least: Double = 0) {
        let count = matrix.count
        var triangle = PackedRows(zeros: count, width: count)
        var kept: [Int] = []
        let limit = least * (0..<count).reduce(0) { max($0, matrix[$1, $1]) }
        // What lies before a block of rows is read once for all of them.
        for first in stride(from: 0, to: count, by: 4) {
            let block = min(4, count - first)
            for column in kept {
                let sums = triangle.heads(of: first, column, through: column)
                for row in 0..<block {
                    let value = matrix[first + row, column] - sums[row]
                    triangle[first + row, column] = value / triangle[column, column]
                }
            }
            for column in first..<first + block {
                let pivot = matrix[column, column] - triangle.head(of: column, column, through: column)
                guard pivot > limit else { continue }
                kept.append(column)
                let root = pivot.squareRoot()
                triangle[column, column] = root
                for row in column + 1..<max(column + 1, first + block) {
                    let value = matrix[row, column] - triangle.head(of: row, column, through: column - 1)
                    triangle[row, column] = value / root
                }
            }
        }
        self.triangle = triangle
        self.kept = kept
    }

    /// For a whole triangle, from which nothing was dropped.
    init(triangle: PackedRows) {
        self.triangle = triangle
        kept = Array(0..<triangle.count)
    }

    /// L without the columns of pivots that were dropped; a column of zeros where none was kept.
    var columns: PackedRows {
        var result = PackedRows(zeros: triangle.count, width: max(1, kept.count))
        for row in 0..<triangle.count {
            for (place, column) in kept.enumerated() { result[row, place] = triangle[row, column] }
        }
        return result
    }

    /// The rows x with `L xᵀ = rowᵀ`, `[K, n]`.
    func forward(_ rows: PackedRows) -> PackedRows {
        var result = PackedRows(zeros: rows.count, width: triangle.count)
        var products = [Double](repeating: 0, count: rows.count)
        for place in 0..<triangle.count {
            triangle.products(of: place, with: result, into: &products, at: 0)
            let pivot = triangle[place, place]
            for row in 0..<rows.count { result[row, place] = (rows[row, place] - products[row]) / pivot }
        }
        return result
    }

    /// The rows x with `Lᵀ xᵀ = rowᵀ`, `[K, n]`.
    func backward(_ rows: PackedRows) -> PackedRows {
        var left = rows
        var result = PackedRows(zeros: rows.count, width: triangle.count)
        for place in (0..<triangle.count).reversed() {
            let pivot = triangle[place, place]
            for row in 0..<rows.count {
                let value = left[row, place] / pivot
                result[row, place] = value
                left.add(-value, times: triangle, row: place, to: row, through: place)
            }
        }
        return result
    }

    /// The rows x with `L Lᵀ xᵀ = rowᵀ`.
    func solve(_ rows: PackedRows) -> PackedRows { backward(forward(rows)) }
}

extension PackedRows {
    /// The product of the beginnings of two rows, up to the vector that holds `last`.
    fileprivate func head(of row: Int, _ other: Int, through last: Int) -> Double {
        guard last >= 0 else { return 0 }
        var sum = Lane.zero
        for index in 0...last / Lane.scalarCount {
            sum += lanes[row * stride + index] * lanes[other * stride + index]
        }
        return sum.sum()
    }

    /// The same of up to four rows from `first` on, each with `other`.
    fileprivate func heads(of first: Int, _ other: Int, through last: Int) -> SIMD4<Double> {
        let (a, b) = (first * stride, other * stride)
        var result = SIMD4<Double>.zero
        guard first + 4 <= count else {
            for row in 0..<count - first { result[row] = head(of: first + row, other, through: last) }
            return result
        }
        var sums = (Lane.zero, Lane.zero, Lane.zero, Lane.zero)
        for index in 0...last / Lane.scalarCount {
            let value = lanes[b + index]
            sums.0 += value * lanes[a + index]
            sums.1 += value * lanes[a + stride + index]
            sums.2 += value * lanes[a + 2 * stride + index]
            sums.3 += value * lanes[a + 3 * stride + index]
        }
        return Lane(sums.0.sum(), sums.1.sum(), sums.2.sum(), sums.3.sum())
    }
}
