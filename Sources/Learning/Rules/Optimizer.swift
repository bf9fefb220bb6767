package import Engine
package import Zoo

/// An optimiser at work: its settings and what it remembers of past gradients.
package struct Optimizer: Sendable {
    private let settings: OptimizerSettings
    /// Times the learning rate, one a parameter of the plan.
    private let rateScales: [Double]
    private let threads: Int
    /// What a checkpoint keeps.
    package private(set) var state: State

    /// What is remembered between steps.
    package struct State: Sendable {
        /// Steps done.
        package var steps = 0
        /// Adam's mean or SGD's momentum, and Adam's mean of squares, one a parameter of the plan; empty until needed.
        package var first: [[Float]]
        package var second: [[Float]]

        package init(steps: Int = 0, first: [[Float]], second: [[Float]]) {
            self.steps = steps
            self.first = first
            self.second = second
        }
    }

    /// - Parameters:
    ///   - threads: the most that a step uses; its result does not depend on it.
    ///   - rateScale: times the learning rate, for each parameter.
    package init(
        _ settings: OptimizerSettings, for plan: TrainingPlan, threads: Int = 1,
        rateScale: (Parameter) -> Double = { _ in 1 }
    ) {
        self.settings = settings
        self.threads = threads
        rateScales = plan.parameters.map(rateScale)
        let empty = plan.parameters.map { _ in [Float]() }
        state = State(first: empty, second: empty)
    }

    /// Steps done.
    package var steps: Int { state.steps }

    /// Goes on from what a checkpoint remembers: buffers of the plan's sizes, or empty ones.
    mutating func restore(_ state: State) { self.state = state }

    /// Moves every trained parameter along its gradient.
    /// - Parameters:
    ///   - gradients: in place of those of the plan's last backward pass, one a parameter.
    ///   - scale: times the gradients.
    package mutating func step(
        _ plan: inout TrainingPlan, learningRate: Double, gradients: [[Float]]? = nil, scale: Float = 1
    ) {
        state.steps += 1
        plan.update { index, values, gradient in
            var gradient = gradients?[index] ?? gradient
            if scale != 1 { for position in gradient.indices { gradient[position] *= scale } }
            let rate = learningRate * rateScales[index]
            let isFirst = state.first[index].isEmpty
            let zeros = isFirst ? [Float](repeating: 0, count: values.count) : []
            switch settings.kind {
            case .adam, .adamw:
                if isFirst { (state.first[index], state.second[index]) = (zeros, zeros) }
                ParameterUpdates.adam(
                    &values, gradient: gradient, mean: &state.first[index], square: &state.second[index],
                    step: state.steps, rate: rate, beta1: settings.beta1, beta2: settings.beta2,
                    epsilon: settings.epsilon, weightDecay: settings.weightDecay, decoupled: settings.kind == .adamw,
                    threads: threads)
            case .sgd:
                if isFirst, settings.momentum > 0 { state.first[index] = zeros }
                ParameterUpdates.sgd(
                    &values, gradient: gradient, buffer: &state.first[index], rate: rate,
                    weightDecay: settings.weightDecay, momentum: settings.momentum, nesterov: settings.nesterov,
                    threads: threads)
            }
        }
    }
}
