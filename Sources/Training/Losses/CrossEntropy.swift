package import Zoo

/// Softmax cross-entropy with PyTorch's semantics (`nn.CrossEntropyLoss`, reduction "mean").
///
/// With `w` the class weights, `e` the label smoothing and `K` classes, a batch's loss is
/// `sum_n sum_c t[n,c] * -log p[n,c] / sum_n w[y_n]` where `t[n,c] = (1 - e) * w[y_n] * (c == y_n) + e / K * w[c]`.
/// One output for two classes is the same over the logits `[0, x]`; without weights and smoothing that is
/// `nn.BCEWithLogitsLoss`.
package struct CrossEntropy: Sendable {
    /// A batch's loss, and which way the logits should not go.
    package struct Value: Sendable {
        /// The losses added up, weighted.
        package let sum: Double
        /// What to divide the sum by: the weights of the batch's labels, added up.
        package let weight: Double
        /// `d mean / d logits`, in the logits' shape.
        package let gradient: Tensor
        /// The images whose highest logit is their label's.
        package let correct: Int

        /// The batch's loss.
        package var mean: Double { weight > 0 ? sum / weight : 0 }
    }

    private let classCount: Int
    private let smoothing: Double
    private let weights: [Double]?

    /// - Parameter weights: one a class, or nil for 1 everywhere.
    package init(classCount: Int, labelSmoothing: Double = 0, classWeights: [Double]? = nil) {
        precondition(classWeights.map { $0.count == classCount } ?? true, "one weight a class")
        self.classCount = classCount
        smoothing = labelSmoothing
        weights = classWeights
    }

    /// - Parameters:
    ///   - logits: `[N, classes]`, or `[N, 1]` for two classes.
    ///   - labels: N class indices, checked by the caller.
    package func callAsFunction(_ logits: Tensor, labels: [Int]) -> Value {
        let outputs = logits.shape.last ?? 0
        precondition(
            logits.shape == [labels.count, outputs] && (outputs == classCount || outputs == 1 && classCount == 2))
        let total = labels.reduce(0.0) { $0 + (weights?[$1] ?? 1) }
        // A batch of nothing but classes of weight 0 moves nothing.
        let scale = total > 0 ? 1 / total : 0
        let smoothWeight = smoothing / Double(classCount)
        let weightSum = weights?.reduce(0, +) ?? Double(classCount)
        var sum = 0.0
        var correct = 0
        var gradient = Tensor(shape: logits.shape)
        gradient.withElements { gradient in
            for (n, label) in labels.enumerated() {
                let base = n * outputs
                let row =
                    outputs == 1
                    ? [0, Double(logits.elements[base])] : logits.elements[base..<base + outputs].map(Double.init)
                let (probabilities, logSum) = softmax(row)
                let labelWeight = (1 - smoothing) * (weights?[label] ?? 1)
                let targetSum = labelWeight + smoothWeight * weightSum
                var best = 0
                var loss = labelWeight * (logSum - row[label])
                for c in row.indices {
                    let smooth = smoothWeight * (weights?[c] ?? 1)
                    if smooth > 0 { loss += smooth * (logSum - row[c]) }
                    if row[c] > row[best] { best = c }
                    guard outputs > 1 || c == 1 else { continue }
                    let target = (c == label ? labelWeight : 0) + smooth
                    gradient[outputs == 1 ? base : base + c] = Float((probabilities[c] * targetSum - target) * scale)
                }
                sum += loss
                correct += best == label ? 1 : 0
            }
        }
        return Value(sum: sum, weight: total, gradient: gradient, correct: correct)
    }
}
