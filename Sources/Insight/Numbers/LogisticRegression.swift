#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif
public import Inference
public import Zoo

/// Multinomial logistic regression with an L2 penalty on the weights, not on the biases: the minimum of
/// `strength * sum of cross entropies + |W|^2 / 2`, scikit-learn's `LogisticRegression(C: strength)` to its last digits.
///
/// In double precision and in a fixed order: the same bits for the same rows on every machine of one kind, whatever else
/// runs there.
public struct LogisticRegression: Sendable, Hashable {
    /// `[K, F]`
    public let weights: [Double]
    /// `[K]`
    public let biases: [Double]
    /// F.
    public let width: Int
    /// Steps that the fit took.
    public let steps: Int
    /// Whether the slopes came below the tolerance.
    public let converged: Bool

    /// K.
    public var classes: Int { biases.count }

    /// - Parameters:
    ///   - features: `[N, F]`
    ///   - labels: N numbers from 0 to below `classes`. A class without a picture gets the lowest of probabilities.
    ///   - strength: the inverse of the penalty: the larger, the closer to the training pictures.
    ///   - tolerance: the steepest slope, a row, to stop at.
    ///   - start: a fit of the same shape to begin from.
    /// - Throws: `GraftError.invalidValue` for labels that do not fit, or a strength that is no positive number.
    public init(
        _ features: FeatureRows, labels: [Int], classes: Int, strength: Double = 1, tolerance: Double = 1e-6,
        from start: LogisticRegression? = nil
    ) throws(GraftError) {
        guard labels.count == features.count, classes > 1, labels.allSatisfy({ (0..<classes).contains($0) }),
            features.count > 0
        else {
            throw GraftError(
                .invalidValue, "the labels do not fit the features",
                expected: "\(max(1, features.count)) numbers from 0 to below \(classes), of at least two classes",
                found: "\(labels.count)")
        }
        guard strength.isFinite, strength > 0, tolerance > 0 else {
            throw GraftError(
                .invalidValue, "impossible strength", expected: "a positive number", found: "\(strength)")
        }
        let rows = PackedRows(bordering: features)
        self.init(rows, labels: labels, classes: classes, strength: strength, tolerance: tolerance, from: start)
    }

    /// - Parameter rows: features with a column of ones behind them.
    init(
        _ rows: PackedRows, labels: [Int], classes: Int, strength: Double, tolerance: Double,
        from start: LogisticRegression? = nil
    ) {
        width = rows.width - 1
        let problem = LogisticLoss(rows: rows, labels: labels, classes: classes, strength: strength)
        var point = PackedRows(zeros: classes, width: rows.width)
        if let start, start.width == width, start.classes == classes {
            for row in 0..<classes {
                for column in 0..<width { point[row, column] = start.weights[row * width + column] }
                point[row, width] = start.biases[row]
            }
        }
        let solver = LBFGS(tolerance: tolerance)
        var work = LogisticLoss.Work(problem)
        let outcome = solver.minimum(from: point) { problem.evaluate($0, &work) }
        steps = outcome.steps
        converged = outcome.converged
        var weights: [Double] = [], biases: [Double] = []
        for row in 0..<classes {
            for column in 0..<width { weights.append(outcome.point[row, column]) }
            biases.append(outcome.point[row, width])
        }
        self.weights = weights
        self.biases = biases
    }

    /// What the model says of other rows: `[N, K]`.
    /// - Throws: `GraftError.shapeMismatch` for rows of another width.
    public func logits(_ features: FeatureRows) throws(GraftError) -> [Double] {
        guard features.width == width else {
            throw GraftError(
                .shapeMismatch, "the features do not fit the regression", expected: "\(width) columns",
                found: "\(features.width)")
        }
        return logits(PackedRows(bordering: features))
    }

    func logits(_ rows: PackedRows) -> [Double] {
        var packed = PackedRows(zeros: classes, width: width + 1)
        for row in 0..<classes {
            for column in 0..<width { packed[row, column] = weights[row * width + column] }
            packed[row, width] = biases[row]
        }
        var result = [Double](repeating: 0, count: rows.count * classes)
        for row in 0..<rows.count { rows.products(of: row, with: packed, into: &result, at: row * classes) }
        return result
    }
}

extension PackedRows {
    /// Features with a column of ones behind them.
    init(bordering features: FeatureRows) {
        self.init(zeros: features.count, width: features.width + 1)
        for row in 0..<features.count {
            for column in 0..<features.width {
                self[row, column] = Double(features.values[row * features.width + column])
            }
            self[row, features.width] = 1
        }
    }
}

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
