import Engine

extension PackedRows {
    /// The products of all pairs of rows, `[N, N]`.
    func gram(threads: Int) -> PackedRows {
        let lower = WorkerPool.map(count: count, threads: threads) { row -> [Double] in
            var result = [Double](repeating: 0, count: row + 1)
            products(of: row, with: self, row + 1, into: &result, at: 0)
            return result
        }
        var gram = PackedRows(zeros: count, width: count)
        for (row, values) in lower.enumerated() {
            for (column, value) in values.enumerated() {
                gram[row, column] = value
                gram[column, row] = value
            }
        }
        return gram
    }

    /// The same rows, turned into a space of as many columns as there are rows where that is fewer: their lengths and
    /// products with each other stay, so a regression with an L2 penalty says the same of them, for less.
    package func turned(threads: Int) -> PackedRows {
        guard count < width else { return self }
        // What copies and other rows that follow from the rest have no column of their own for.
        return Cholesky(gram(threads: threads), least: 1e-13).columns
    }
}
