import Engine
import Zoo

/// The gradients of the batches that make one step: their mean over all pictures, as if they had been one batch.
struct GradientSum: Sendable {
    private var sums: [[Float]] = []
    private var weight = 0.0

    /// Adds the gradients of the plan's last backward pass.
    /// - Parameter weight: what the batch's mean loss was divided by, so that a smaller batch counts less.
    mutating func add(_ plan: TrainingPlan, weight: Double) {
        let gradients = plan.gradients
        if sums.isEmpty { sums = gradients.map { [Float](repeating: 0, count: $0.count) } }
        let factor = Float(weight)
        for index in gradients.indices where !gradients[index].isEmpty {
            let gradient = gradients[index]
            if sums[index].isEmpty { sums[index] = [Float](repeating: 0, count: gradient.count) }
            sums[index].withUnsafeMutableBufferPointer { sum in
                for position in sum.indices { sum[position] += factor * gradient[position] }
            }
        }
        self.weight += weight
    }

    /// The mean's gradients, one a parameter of the plan.
    mutating func take() -> [[Float]] {
        let factor = Float(weight > 0 ? 1 / weight : 0)
        defer { self = GradientSum() }
        return sums.map { $0.map { $0 * factor } }
    }
}
