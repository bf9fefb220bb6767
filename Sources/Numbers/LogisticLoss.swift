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

    /// Memory that evaluations share.
    struct Work {
        /// `[K, N]`: probabilities less one for the right class, padded to whole blocks of four rows.
        var residuals: [SIMD4<Double>]
        var logits: [Double]

        init(_ loss: LogisticLoss) {
            residuals = [SIMD4<Double>](repeating: .zero, count: loss.classes * (loss.rows.count / 4 + 1))
            logits = [Double](repeating: 0, count: loss.classes)
        }
    }

    func evaluate(_ point: PackedRows, _ work: inout Work) -> LBFGS.Evaluation {
        let blocks = rows.count / 4 + 1
        let share = 1 / Double(rows.count)
        var loss = 0.0
        for row in 0..<rows.count {
            rows.products(of: row, with: point, into: &work.logits, at: 0)
            var largest = work.logits[0]
            for value in work.logits { largest = max(largest, value) }
            var sum = 0.0
            let right = work.logits[labels[row]]
            for index in 0..<classes {
                work.logits[index] = exp(work.logits[index] - largest)
                sum += work.logits[index]
            }
            loss += largest + log(sum) - right
            for index in 0..<classes {
                let residual = work.logits[index] / sum - (index == labels[row] ? 1 : 0)
                work.residuals[index * blocks + row / 4][row % 4] = residual * share
            }
        }
        var gradient = PackedRows(zeros: classes, width: point.width)
        // Four rows of features serve all classes while they are near.
        let whole = rows.count / 4
        for block in 0..<whole {
            for index in 0..<classes {
                gradient.add(work.residuals[index * blocks + block], times: rows, from: block * 4, to: index)
            }
        }
        for row in whole * 4..<rows.count {
            for index in 0..<classes {
                gradient.add(work.residuals[index * blocks + whole][row % 4], times: rows, row: row, to: index)
            }
        }
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
