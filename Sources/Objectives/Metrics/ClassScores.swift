import Engine
package import Zoo

/// Logits beside their labels, checked once: what predictions, probabilities and counts are read from.
///
/// One output for two classes is read as the logits `[0, x]`, so that both forms share every formula.
package struct ClassScores: Sendable {
    private let logits: [Float]
    private let outputs: Int
    private let labels: [Int]
    private let classCount: Int

    /// - Parameter logits: `[N, classCount]`, or `[N, 1]` for two classes.
    package init(logits: Tensor, labels: [Int], classCount: Int) throws(GraftError) {
        let outputs = logits.shape.last ?? 0
        guard logits.shape.count == 2, outputs > 0, outputs == classCount || outputs == 1 && classCount == 2 else {
            throw GraftError(
                .invalidData, "the logits do not fit the classes", expected: "Nx\(classCount)",
                found: Tensor.describe(logits.shape))
        }
        guard logits.shape[0] == labels.count else {
            throw GraftError(
                .invalidData, "every image needs a label", expected: "\(logits.shape[0]) labels",
                found: "\(labels.count)")
        }
        if let wrong = labels.first(where: { !(0..<classCount).contains($0) }) {
            throw GraftError(
                .invalidData, "a label is not the index of a class", expected: "0 to \(classCount - 1)",
                found: "\(wrong)")
        }
        if let index = logits.elements.firstIndex(where: { !$0.isFinite }) {
            throw GraftError(
                .invalidData, "the model's answer is not a finite number", member: "image \(index / outputs)",
                found: "\(logits.elements[index])", remedy: "check the weights")
        }
        self.logits = logits.elements
        self.outputs = outputs
        self.labels = labels
        self.classCount = classCount
    }

    private func row(_ index: Int) -> [Double] {
        outputs == 1
            ? [0, Double(logits[index])] : (0..<outputs).map { Double(logits[index * outputs + $0]) }
    }

    /// The class with the highest logit, the first of equal ones.
    package func prediction(of index: Int) -> Int {
        let row = row(index)
        return row.indices.reduce(0) { row[$1] > row[$0] ? $1 : $0 }
    }

    /// The softmax of one image's logits.
    package func probabilities(of index: Int) -> [Double] {
        softmax(row(index)).probabilities
    }

    /// `-log softmax[label]`
    package func crossEntropy(of index: Int) -> Double {
        let row = row(index)
        return softmax(row).logSum - row[labels[index]]
    }

    /// Images whose class is among the `k` highest logits; of equal logits the earlier class ranks first.
    package func correct(within k: Int) -> Int {
        labels.indices.reduce(0) { count, index in
            let row = row(index)
            let label = labels[index]
            let above = row.indices.reduce(0) {
                $0 + (row[$1] > row[label] || row[$1] == row[label] && $1 < label ? 1 : 0)
            }
            return count + (above < k ? 1 : 0)
        }
    }
}
