import CKernels

/// Sums over rows of doubles, for regressions. In a fixed order: the same bits from every set of kernels.
package struct DoubleKernels: Sendable {
    private let set: KernelSet

    /// Doubles that a row's length is a multiple of.
    package static let multiple = 8

    /// - Parameter set: nil for the best that runs here, whatever is asked for elsewhere: no bit depends on it.
    package init?(_ set: KernelSet? = nil) {
        guard let set = set ?? KernelSet.available.first else { return nil }
        self.set = set
    }

    /// The product of every row of `a` with every row of `b`, `[a, b]`.
    /// - Parameters:
    ///   - a: rows of `stride` vectors of four, an even number.
    ///   - range: of the rows of `a`.
    ///   - count: how many rows of `b`, from the first.
    package func products(
        _ a: [SIMD4<Double>], _ range: Range<Int>, with b: [SIMD4<Double>], count: Int, stride: Int
    ) -> [Double] {
        precondition(stride.isMultiple(of: 2) && range.lowerBound >= 0, "rows are whole vectors")
        precondition(range.upperBound * stride <= a.count && count * stride <= b.count, "rows that are not there")
        guard !range.isEmpty, count > 0 else { return [] }
        return [Double](unsafeUninitializedCapacity: range.count * count) { out, filled in
            a.withUnsafeBytes { a in
                b.withUnsafeBytes { b in
                    guard let a = a.baseAddress, let b = b.baseAddress, let out = out.baseAddress else { return }
                    set.table.pointee.row_products(
                        (a + range.lowerBound * stride * MemoryLayout<SIMD4<Double>>.stride)
                            .assumingMemoryBound(to: Double.self),
                        range.count, b.assumingMemoryBound(to: Double.self), count, stride * 4, out)
                    filled = range.count * count
                }
            }
        }
    }

    /// Adds to each of the target's rows all of `rows`, each times its factor.
    /// - Parameters:
    ///   - target: rows of `stride` vectors of four, an even number.
    ///   - factors: `[target rows, rows]`
    package func addSums(
        of rows: [SIMD4<Double>], factors: [Double], to target: inout [SIMD4<Double>], stride: Int
    ) {
        guard stride > 0, !rows.isEmpty, !target.isEmpty else { return }
        let (count, targets) = (rows.count / stride, target.count / stride)
        precondition(stride.isMultiple(of: 2) && factors.count == count * targets, "a factor for each two rows")
        target.withUnsafeMutableBytes { target in
            rows.withUnsafeBytes { rows in
                factors.withUnsafeBufferPointer { factors in
                    guard let target = target.baseAddress, let rows = rows.baseAddress,
                        let factors = factors.baseAddress
                    else { return }
                    set.table.pointee.row_sums(
                        target.assumingMemoryBound(to: Double.self), targets, factors,
                        rows.assumingMemoryBound(to: Double.self), count, stride * 4)
                }
            }
        }
    }
}
