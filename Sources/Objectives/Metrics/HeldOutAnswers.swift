import Numbers
package import Zoo

/// What models say of pictures that they have not seen, and how good that is, picture by picture.
package struct HeldOutAnswers: Sendable {
    private let labels: [Int]
    private let classes: Int
    /// `[N, classes]`
    private var logits: [Double]

    /// Nothing said yet.
    package init(labels: [Int], classes: Int) {
        self.labels = labels
        self.classes = classes
        logits = [Double](repeating: 0, count: labels.count * classes)
    }

    /// Takes down a model's answers.
    /// - Parameters:
    ///   - answers: `[pictures, classes]`, or `[pictures, 1]`: the logit of the second class.
    ///   - pictures: their places.
    package mutating func put(_ answers: Tensor, at pictures: [Int]) {
        let outputs = answers.shape[1]
        for (row, picture) in pictures.enumerated() {
            for label in 0..<classes {
                let value =
                    outputs == 1
                    ? (label == 0 ? 0 : answers.elements[row]) : answers.elements[row * outputs + label]
                logits[picture * classes + label] = Double(value)
            }
        }
    }

    /// Whether the highest logit is the label's, the first of equals.
    package var isRight: [Bool] {
        labels.enumerated().map { picture, label in
            let row = logits[picture * classes..<(picture + 1) * classes]
            return row.firstIndex(of: row.max() ?? 0) == picture * classes + label
        }
    }

    /// The cross entropy of each picture, at the temperature under which all are most probable: how sure a model sounds after
    /// how many epochs is not what is compared.
    package func losses() -> [Double] {
        func total(_ temperature: Double) -> Double {
            LogProbabilities.loss(of: logits, labels: labels, classes: classes, temperature: temperature)
        }
        // The loss has one minimum over the inverse temperature; a ratio of 1.05 is finer than any difference that matters.
        let candidates = (-60...60).map { (1.05 as Double).power($0) }
        let best = candidates.map(total).enumerated().min { $0.element < $1.element }.map { candidates[$0.offset] } ?? 1
        return labels.indices.map { picture in
            LogProbabilities.loss(
                of: Array(logits[picture * classes..<(picture + 1) * classes]), labels: [labels[picture]],
                classes: classes, temperature: best)
        }
    }
}

extension Double {
    fileprivate func power(_ count: Int) -> Double {
        let product = (0..<abs(count)).reduce(1.0) { value, _ in value * self }
        return count < 0 ? 1 / product : product
    }
}
