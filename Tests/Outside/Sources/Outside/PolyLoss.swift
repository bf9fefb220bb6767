import Foundation
import Graft

/// Poly-1 (arXiv:2204.12511): cross-entropy and epsilon times what the true class' probability lacks to 1.
struct PolyLoss: Loss {
    static let kind = "poly"

    private let epsilon: Double
    private let base: CrossEntropy

    init(options: inout Options, in context: LossContext) throws(GraftError) {
        epsilon = try options.number("epsilon", in: -1...10) ?? 1
        base = CrossEntropy(context)
    }

    func value(of outputs: Tensor, targets: Targets) throws(GraftError) -> LossValue {
        let entropy = try base.value(of: outputs, targets: targets)
        guard let labels = targets.classIndices else { return entropy }
        let columns = outputs.shape[1]
        var sum = entropy.sum
        var gradient = entropy.gradient
        gradient.withElements { gradient in
            for (n, label) in labels.enumerated() {
                let row = (0..<columns).map { Double(outputs.elements[n * columns + $0]) }
                let top = row.max() ?? 0
                let powers = row.map { exp($0 - top) }
                let total = powers.reduce(0, +)
                let p = powers[label] / total
                sum += epsilon * (1 - p)
                for c in 0..<columns {
                    let slope = p * (powers[c] / total - (c == label ? 1 : 0))
                    gradient[n * columns + c] += Float(epsilon * slope / entropy.weight)
                }
            }
        }
        return LossValue(sum: sum, weight: entropy.weight, gradient: gradient)
    }
}
