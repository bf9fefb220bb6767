#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The function that the regression makes smallest, a row: both terms are divided by `strength * N`, so that a tolerance
/// means the same for any number of rows.
struct LogisticLoss {
    let rows: PackedRows
    let labels: [Int]
    let classes: Int
    /// Times half the squared weights. With two classes only their difference counts, which scikit-learn keeps as one row.
    let penalty: Double

    init(rows: PackedRows, labels: [Int], classes: Int, strength: Double) {
        self.rows = rows
        self.labels = labels
        self.classes = classes
        penalty = (classes == 2 ? 2 : 1) / (strength * Double(rows.count))
    }

    func evaluate(_ point: PackedRows) -> LBFGS.Evaluation {
        let share = 1 / Double(rows.count)
        let logits = rows.products(0..<rows.count, with: point)
        // Probabilities less one for the right class.
        var residuals = [Double](repeating: 0, count: classes * rows.count)
        var loss = 0.0
        for row in 0..<rows.count {
            let values = row * classes..<(row + 1) * classes
            var largest = logits[values.lowerBound]
            for place in values { largest = max(largest, logits[place]) }
            var sum = 0.0
            for index in 0..<classes {
                let power = exp(logits[values.lowerBound + index] - largest)
                residuals[index * rows.count + row] = power
                sum += power
            }
            loss += largest + log(sum) - logits[values.lowerBound + labels[row]]
            for index in 0..<classes {
                let place = index * rows.count + row
                residuals[place] = (residuals[place] / sum - (index == labels[row] ? 1 : 0)) * share
            }
        }
        var gradient = PackedRows(zeros: classes, width: point.width)
        gradient.add(residuals, times: rows)
        // The last column holds the biases, which are free.
        var squares = point.dot(point)
        let biases = point.width - 1
        for index in 0..<classes { squares -= point[index, biases] * point[index, biases] }
        var penalized = point
        for index in 0..<classes { penalized[index, biases] = 0 }
        gradient.add(penalty, times: penalized)
        return LBFGS.Evaluation(value: loss * share + penalty / 2 * squares, gradient: gradient)
    }
}
