package import Inference
package import Numbers
package import Zoo

extension LogisticRegression {
    /// - Parameters:
    ///   - features: `[N, F]`
    ///   - labels: N numbers from 0 to below `classes`. A class without a picture gets the lowest of probabilities.
    ///   - strength: the inverse of the penalty: the larger, the closer to the training pictures.
    ///   - tolerance: the steepest slope, a row, to stop at.
    ///   - start: a fit of the same shape to begin from.
    /// - Throws: `GraftError.invalidValue` for labels that do not fit, or a strength that is no positive number.
    package init(
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
        self.init(
            PackedRows(bordering: features), labels: labels, classes: classes, strength: strength, tolerance: tolerance,
            from: start)
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

    /// Features of length 1 with a column of ones behind, in no more columns than there are rows: what folds of them learn
    /// from and are asked about.
    init(unit features: FeatureRows, threads: Int) {
        self =
            PackedRows(features.unit.values, count: features.count, width: features.width)
            .turned(threads: threads).bordered
    }
}
