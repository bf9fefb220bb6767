package import Engine
package import Zoo

/// An optimiser at work: its settings and what it remembers of past gradients.
package struct Optimizer: Sendable {
    package let rule: any UpdateRule
    private let names: [String]
    /// Times the learning rate, one a parameter of the plan.
    private let rateScales: [Double]
    private let threads: Int
    /// Steps done.
    package private(set) var steps = 0
    /// One a parameter of the plan, the rule's buffers in their order.
    private var buffers: [[[Float]]]

    /// What is remembered between steps.
    package struct State: Sendable {
        /// Steps done.
        package var steps = 0
        /// What the rule remembers, by the names of its buffers: one a parameter of the plan, empty before its first step.
        package var buffers: [String: [[Float]]]

        package init(steps: Int = 0, buffers: [String: [[Float]]]) {
            self.steps = steps
            self.buffers = buffers
        }
    }

    /// - Parameters:
    ///   - threads: the most that a step uses; its result does not depend on it.
    ///   - rateScale: times the learning rate, for each parameter.
    package init(
        _ settings: OptimizerSettings, for plan: TrainingPlan, threads: Int = 1,
        rateScale: (Parameter) -> Double = { _ in 1 }
    ) {
        rule = settings.rule
        names = rule.buffers
        self.threads = threads
        rateScales = plan.parameters.map(rateScale)
        buffers = plan.parameters.map { _ in [] }
    }

    /// What a checkpoint keeps.
    package var state: State {
        var named: [String: [[Float]]] = [:]
        for (place, name) in names.enumerated() {
            named[name] = buffers.map { $0.isEmpty ? [] : $0[place] }
        }
        return State(steps: steps, buffers: named)
    }

    /// Goes on from what a checkpoint remembers: buffers of the plan's sizes, or empty ones.
    mutating func restore(_ state: State) {
        steps = state.steps
        for index in buffers.indices {
            let values = names.map { state.buffers[$0]?[index] ?? [] }
            buffers[index] = values.contains(where: \.isEmpty) ? [] : values
        }
    }

    /// Moves every trained parameter along its gradient.
    /// - Parameters:
    ///   - gradients: in place of those of the plan's last backward pass, one a parameter.
    ///   - scale: times the gradients.
    package mutating func step(
        _ plan: inout TrainingPlan, learningRate: Double, gradients: [[Float]]? = nil, scale: Float = 1
    ) {
        steps += 1
        plan.update { index, values, gradient in
            var gradient = gradients?[index] ?? gradient
            if scale != 1 { for position in gradient.indices { gradient[position] *= scale } }
            if buffers[index].isEmpty {
                buffers[index] = names.map { _ in [Float](repeating: 0, count: values.count) }
            }
            rule.update(
                &values, gradient: gradient, buffers: &buffers[index],
                at: UpdateStep(number: steps, rate: learningRate * rateScales[index], threads: threads))
        }
    }
}
