package import Engine
import Zoo

/// An optimiser at work: its settings and what it remembers of past gradients.
package struct Optimizer: Sendable {
    private let settings: OptimizerSettings
    private let groups: [ParameterGroup]
    /// Steps done.
    package private(set) var steps = 0
    /// Adam's mean or SGD's momentum, and Adam's mean of squares, one a parameter of the plan; empty until needed.
    private var first: [[Float]]
    private var second: [[Float]]

    /// - Parameter groups: parameters that are treated differently; of those that fit a name the first counts.
    package init(_ settings: OptimizerSettings, for plan: TrainingPlan, groups: [ParameterGroup] = []) {
        self.settings = settings
        self.groups = groups
        first = plan.parameters.map { _ in [] }
        second = first
    }

    /// Moves every trained parameter along its gradient.
    package mutating func step(_ plan: inout TrainingPlan, learningRate: Double) {
        steps += 1
        let names = plan.parameters.map(\.name)
        plan.update { index, values, gradient in
            let group = groups.first { names[index].hasPrefix($0.prefix) }
            let rate = learningRate * (group?.learningRateScale ?? 1)
            let weightDecay = group?.weightDecay ?? settings.weightDecay
            let isFirst = first[index].isEmpty
            let zeros = isFirst ? [Float](repeating: 0, count: values.count) : []
            switch settings.kind {
            case .adam, .adamw:
                if isFirst { (first[index], second[index]) = (zeros, zeros) }
                ParameterUpdates.adam(
                    &values, gradient: gradient, mean: &first[index], square: &second[index], step: steps, rate: rate,
                    beta1: settings.beta1, beta2: settings.beta2, epsilon: settings.epsilon, weightDecay: weightDecay,
                    decoupled: settings.kind == .adamw)
            case .sgd:
                if isFirst, settings.momentum > 0 { first[index] = zeros }
                ParameterUpdates.sgd(
                    &values, gradient: gradient, buffer: &first[index], rate: rate,
                    weightDecay: weightDecay, momentum: settings.momentum, nesterov: settings.nesterov)
            }
        }
    }
}

/// Parameters that an optimiser treats differently from the rest.
package struct ParameterGroup: Sendable, Hashable {
    /// How their names begin.
    package var prefix: String
    /// Times the learning rate.
    package var learningRateScale = 1.0
    /// In place of the settings' weight decay.
    package var weightDecay: Double?

    package init(prefix: String, learningRateScale: Double = 1, weightDecay: Double? = nil) {
        self.prefix = prefix
        self.learningRateScale = learningRateScale
        self.weightDecay = weightDecay
    }
}
