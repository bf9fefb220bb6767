import Engine
public import Zoo

/// Softmax cross-entropy with PyTorch's semantics (`nn.CrossEntropyLoss`, reduction "mean").
///
/// With `w` the class weights, `e` the label smoothing and `K` classes, a batch's loss is
/// `sum_n sum_c t[n,c] * -log p[n,c] / sum_n w[y_n]` where `t[n,c] = (1 - e) * w[y_n] * (c == y_n) + e / K * w[c]`.
/// One output for two classes is the same over the logits `[0, x]`; without weights and smoothing that is
/// `nn.BCEWithLogitsLoss`.
///
/// For targets that are probabilities `q` the loss is `sum_n sum_c t[n,c] * -log p[n,c] / N` where
/// `t[n,c] = w[c] * ((1 - e) * q[n,c] + e / K)`.
public struct CrossEntropy: Loss {
    /// The word in configurations.
    public static let kind = "cross_entropy"

    private let classCount: Int
    private let smoothing: Double
    private let weights: [Double]?

    /// There are no options.
    public init(options: inout Options, in context: LossContext) { self.init(context) }

    /// A loss of that many classes.
    public init(_ context: LossContext) {
        classCount = context.targets
        smoothing = context.labelSmoothing
        weights = context.weights
    }

    /// - Parameters:
    ///   - outputs: `[N, classes]`, or `[N, 1]` for two classes.
    ///   - targets: classes or probabilities.
    public func value(of outputs: Tensor, targets: Targets) throws(GraftError) -> LossValue {
        switch targets {
        case .classes(let labels): value(of: outputs, labels: labels)
        case .probabilities(let shares): value(of: outputs, shares: shares)
        case .labels, .values: throw Self.unfit(targets)
        }
    }

    private func value(of logits: Tensor, labels: [Int]) -> LossValue {
        let smoothWeight = smoothing / Double(classCount)
        return value(of: logits, count: labels.count, weight: labels.reduce(0) { $0 + (weights?[$1] ?? 1) }) { n in
            let label = labels[n]
            var targets = (0..<classCount).map { smoothWeight * (weights?[$0] ?? 1) }
            targets[label] += (1 - smoothing) * (weights?[label] ?? 1)
            return targets
        }
    }

    private func value(of logits: Tensor, shares: Tensor) -> LossValue {
        let count = shares.shape.first ?? 0
        precondition(shares.shape == [count, classCount], "a probability a class")
        return value(of: logits, count: count, weight: Double(count)) { n in
            let row: [Double] = shares.elements[n * classCount..<(n + 1) * classCount].map(Double.init)
            return row.enumerated().map { (c, probability) -> Double in
                (weights?[c] ?? 1) * ((1 - smoothing) * probability + smoothing / Double(classCount))
            }
        }
    }

    /// - Parameter target: an image's weight of every class.
    private func value(of logits: Tensor, count: Int, weight: Double, target: (Int) -> [Double]) -> LossValue {
        let outputs = logits.shape.last ?? 0
        precondition(
            logits.shape == [count, outputs] && (outputs == classCount || outputs == 1 && classCount == 2))
        // A batch of nothing but classes of weight 0 moves nothing.
        let scale = weight > 0 ? 1 / weight : 0
        var sum = 0.0
        var gradient = Tensor(shape: logits.shape)
        gradient.withElements { gradient in
            for n in 0..<count {
                let base = n * outputs
                let row =
                    outputs == 1
                    ? [0, Double(logits.elements[base])] : logits.elements[base..<base + outputs].map(Double.init)
                let (probabilities, logSum) = softmax(row)
                let targets = target(n)
                let targetSum = targets.reduce(0, +)
                var loss = 0.0
                for c in row.indices {
                    if targets[c] > 0 { loss += targets[c] * (logSum - row[c]) }
                    guard outputs > 1 || c == 1 else { continue }
                    gradient[outputs == 1 ? base : base + c] =
                        Float((probabilities[c] * targetSum - targets[c]) * scale)
                }
                sum += loss
            }
        }
        return LossValue(sum: sum, weight: weight, gradient: gradient)
    }
}
