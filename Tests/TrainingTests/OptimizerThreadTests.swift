import Engine
import Testing

/// Optimiser steps on several threads.
@Suite struct OptimizerThreadTests {
    /// What a step reads and changes.
    private struct State: Equatable {
        var values: [Float]
        var gradient: [Float]
        var first: [Float]
        var second: [Float]

        init(count: Int) {
            values = noise(1, count)
            gradient = noise(2, count)
            first = noise(3, count)
            second = noise(4, count).map(abs)
        }

        subscript(range: Range<Int>) -> State {
            get {
                var part = self
                part.values = Array(values[range])
                part.gradient = Array(gradient[range])
                part.first = Array(first[range])
                part.second = Array(second[range])
                return part
            }
            set {
                values.replaceSubrange(range, with: newValue.values)
                first.replaceSubrange(range, with: newValue.first)
                second.replaceSubrange(range, with: newValue.second)
            }
        }
    }

    enum Rule: CaseIterable {
        case adam, adamw, momentum, plain
    }

    private func step(_ state: inout State, _ rule: Rule, threads: Int) {
        switch rule {
        case .adam, .adamw:
            ParameterUpdates.adam(
                &state.values, gradient: state.gradient, mean: &state.first, square: &state.second, step: 3,
                rate: 0.01, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.01, decoupled: rule == .adamw,
                threads: threads)
        case .momentum:
            ParameterUpdates.sgd(
                &state.values, gradient: state.gradient, buffer: &state.first, rate: 0.01, weightDecay: 0.01,
                momentum: 0.9, nesterov: true, threads: threads)
        case .plain:
            var none: [Float] = []
            ParameterUpdates.sgd(
                &state.values, gradient: state.gradient, buffer: &none, rate: 0.01, weightDecay: 0, momentum: 0,
                nesterov: false, threads: threads)
        }
    }

    @Test(arguments: Rule.allCases)
    func everyValueMovesAsItWouldAlone(_ rule: Rule) {
        // Four pieces, the last one short, and no multiple of a vector.
        let count = 100_003
        let start = State(count: count)
        var expected = start
        for first in stride(from: 0, to: count, by: 1000) {
            let range = first..<min(count, first + 1000)
            var part = start[range]
            step(&part, rule, threads: 1)
            expected[range] = part
        }
        #expect(expected.values != start.values)
        for threads in [1, 2, 5] {
            var found = start
            step(&found, rule, threads: threads)
            #expect(found == expected, "\(threads) threads")
        }
    }
}
