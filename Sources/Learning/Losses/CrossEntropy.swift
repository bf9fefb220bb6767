import Engine
package import Zoo

/// Softmax cross-entropy with PyTorch's semantics (`nn.CrossEntropyLoss`, reduction "mean").
///
/// With `w` the class weights, `e` the label smoothing and `K` classes, a batch's loss is
/// `sum_n sum_c t[n,c] * -log p[n,c] / sum_n w[y_n]` where `t[n,c] = (1 - e) * w[y_n] * (c == y_n) + e / K * w[c]`.
/// One output for two classes is the same over the logits `[0, x]`; without weights and smoothing that is
/// `nn.BCEWithLogitsLoss`.
///
/// For targets that are probabilities `q` the loss is `sum_n sum_c t[n,c] * -log p[n,c] / N` where
/// `t[n,c] = w[c] * ((1 - e) * q[n,c] + e / K)`.
package struct CrossEntropy: Sendable {
    /// A batch's loss, and which way the logits should not go.
    package struct Value: Sendable {
        /// The losses added up, weighted.
        package let sum: Double
        /// What to divide the sum by: the weights of the batch's labels, added up; for probabilities, the images.
        package let weight: Double
        /// `d mean / d logits`, in the logits' shape.
        package let gradient: Tensor
        /// The images whose highest logit is their label's, or that of their most probable class.
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
        let smoothWeight = smoothing / Double(classCount)
        return value(of: logits, count: labels.count, weight: labels.reduce(0) { $0 + (weights?[$1] ?? 1) }) { n in
            let label = labels[n]
            var targets = (0..<classCount).map { smoothWeight * (weights?[$0] ?? 1) }
            targets[label] += (1 - smoothing) * (weights?[label] ?? 1)
            return (targets, label)
        }
    }

    /// - Parameters:
    ///   - logits: `[N, classes]`, or `[N, 1]` for two classes.
    ///   - targets: `[N, classes]`, the probabilities that are to be learnt.
    package func callAsFunction(_ logits: Tensor, targets: Tensor) -> Value {
        let count = targets.shape.first ?? 0
        precondition(targets.shape == [count, classCount], "a probability a class")
        return value(of: logits, count: count, weight: Double(count)) { n in
            let row = targets.elements[n * classCount..<(n + 1) * classCount].map(Double.init)
            let smooth = row.enumerated().map { c, probability in
                (weights?[c] ?? 1) * ((1 - smoothing) * probability + smoothing / Double(classCount))
            }
            return (smooth, Self.first(of: row))
        }
    }

    /// - Parameter target: an image's weight of every class, and the class that counts as its own.
    private func value(
        of logits: Tensor, count: Int, weight: Double, target: (Int) -> (weights: [Double], label: Int)
    ) -> Value {
        let outputs = logits.shape.last ?? 0
        precondition(
            logits.shape == [count, outputs] && (outputs == classCount || outputs == 1 && classCount == 2))
        // A batch of nothing but classes of weight 0 moves nothing.
        let scale = weight > 0 ? 1 / weight : 0
        var sum = 0.0
        var correct = 0
        var gradient = Tensor(shape: logits.shape)
        gradient.withElements { gradient in
            for n in 0..<count {
                let base = n * outputs
                let row =
                    outputs == 1
                    ? [0, Double(logits.elements[base])] : logits.elements[base..<base + outputs].map(Double.init)
                let (probabilities, logSum) = softmax(row)
                let (targets, label) = target(n)
                let targetSum = targets.reduce(0, +)
                var loss = 0.0
                for c in row.indices {
                    if targets[c] > 0 { loss += targets[c] * (logSum - row[c]) }
                    guard outputs > 1 || c == 1 else { continue }
                    gradient[outputs == 1 ? base : base + c] =
                        Float((probabilities[c] * targetSum - targets[c]) * scale)
                }
                sum += loss
                correct += Self.first(of: row) == label ? 1 : 0
            }
        }
        return Value(sum: sum, weight: weight, gradient: gradient, correct: correct)
    }

    /// The place of the highest value, the first one of equals.
    private static func first(of values: [Double]) -> Int {
        var best = 0
        for index in values.indices where values[index] > values[best] { best = index }
        return best
    }
}
