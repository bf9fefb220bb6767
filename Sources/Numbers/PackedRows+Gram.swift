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
}
