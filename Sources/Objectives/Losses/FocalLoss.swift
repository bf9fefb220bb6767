import Engine
public import Zoo

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Focal loss (arXiv:1708.02002): what is answered well already counts little.
///
/// For labels it is torchvision's `sigmoid_focal_loss`, reduction "mean": `-a_t (1 - p_t)^gamma log p_t` with p_t the
/// probability of what is true, and `a_t = alpha` for labels that fit, `1 - alpha` for others. For classes it is
/// `sum_n w[y_n] (1 - p)^gamma (-log p) / sum_n w[y_n]` with p the softmax of the true class.
///
/// Options: `gamma` (2); `alpha` (0.25; for labels only).
public struct FocalLoss: Loss {
    /// The word in configurations.
    public static let kind = "focal"

    private let gamma: Double
    private let alpha: Double
    private let context: LossContext

    /// Reads the options above.
    public init(options: inout Options, in context: LossContext) throws(GraftError) {
        gamma = try options.number("gamma", in: 0...10) ?? 2
        alpha = try options.number("alpha", in: 0...1) ?? 0.25
        self.context = context
    }

    /// `outputs` `[N, C]` for classes, labels or probabilities.
    public func value(of outputs: Tensor, targets: Targets) throws(GraftError) -> LossValue {
        if case .classes(let labels) = targets { return softmaxed(outputs, labels) }
        let goals = try multiHot(targets, outputs: outputs)
        let weights = outputs.shape.last == context.targets ? context.weights : nil
        return try elementwise(outputs, goals, weights: weights) { x, goal in
            let (yes, no) = (side(x), side(-x))
            return (
                alpha * goal * yes.loss + (1 - alpha) * (1 - goal) * no.loss,
                alpha * goal * yes.slope - (1 - alpha) * (1 - goal) * no.slope
            )
        }
    }

    /// `-(1 - p)^gamma log p` with p the sigmoid of x, and its derivative by x.
    private func side(_ x: Double) -> (loss: Double, slope: Double) {
        let small = exp(-abs(x))
        let p = x >= 0 ? 1 / (1 + small) : small / (1 + small)
        let rest = x >= 0 ? small / (1 + small) : 1 / (1 + small)
        let logP = min(x, 0) - log1p(small)
        let factor = pow(rest, gamma)
        return (-factor * logP, factor * (gamma * p * logP - rest))
    }

    private func softmaxed(_ outputs: Tensor, _ labels: [Int]) -> LossValue {
        let columns = outputs.shape.last ?? 0
        let weight = labels.reduce(0) { $0 + (context.weights?[$1] ?? 1) }
        let scale = weight > 0 ? 1 / weight : 0
        var sum = 0.0
        var gradient = Tensor(shape: outputs.shape)
        gradient.withElements { gradient in
            for (n, label) in labels.enumerated() {
                let own = outputs.elements[n * columns..<(n + 1) * columns].map(Double.init)
                let row = columns == 1 ? [0] + own : own
                let (probabilities, logSum) = softmax(row)
                let (p, logP, w) = (probabilities[label], row[label] - logSum, context.weights?[label] ?? 1)
                let rest = max(0, 1 - p)
                sum -= w * pow(rest, gamma) * logP
                // d / d row[c] = slope * (1 where c is the label - p[c])
                let inner = gamma > 0 && rest > 0 ? gamma * pow(rest, gamma - 1) * p * logP : 0
                let slope = w * scale * (inner - pow(rest, gamma))
                for c in 0..<columns {
                    let place = columns == 1 ? 1 : c
                    gradient[n * columns + c] = Float(slope * ((place == label ? 1 : 0) - probabilities[place]))
                }
            }
        }
        return LossValue(sum: sum, weight: weight, gradient: gradient)
    }
}
