import Engine
import Testing
import Zoo

/// Each operation forward against the reference, and backward against its finite differences in double precision.
@Suite struct GradientTests {
    /// Names of what disagrees: `output`, `input`, or a parameter.
    /// - Parameter tamper: changes the gradients before they are compared.
    private func faults(
        _ graph: Graph, batch: Int = 3, scale: Float = 2, frozen: String? = nil,
        tamper: (String, inout [Float]) -> Void = { _, _ in }
    ) throws -> [String] {
        var weights = StateDict()
        for (index, parameter) in graph.parameters.enumerated() {
            let offset: Float = parameter.role == .runningVariance ? 1.5 : 0
            weights[parameter.name] = try Tensor(
                shape: parameter.shape, elements: noise(UInt32(index + 1), parameter.count).map { $0 + offset })
        }
        let shape = [batch] + graph.inputShape
        let count = shape.reduce(1, *)
        let input = try Tensor(shape: shape, elements: noise(77, count).map { $0 * scale })
        var plan = try TrainingPlan(graph, weights: weights) { parameter in
            !(frozen.map(parameter.name.hasPrefix) ?? false)
        }
        let output = try plan.forward(input)
        let direction = try Tensor(shape: output.shape, elements: noise(99, output.elements.count))
        let inputGradient = try #require(try plan.backward(direction, wantsInputGradient: true))

        let reference = Reference(graph, weights, frozenPrefix: frozen)
        let point = input.elements.map(Double.init)
        func value(_ reference: Reference, _ point: [Double]) throws -> Double {
            zip(try reference.run(point), direction.elements).reduce(0) { $0 + $1.0 * Double($1.1) }
        }
        func slope(_ along: (Double) throws -> Double) rethrows -> Double {
            (try along(1e-5) - along(-1e-5)) / 2e-5
        }
        var faults: [String] = []
        func compare(_ name: String, _ found: [Float], _ expected: [Double], _ tolerance: Double) {
            var found = found
            tamper(name, &found)
            if !(distance(found, expected) < tolerance) { faults.append(name) }
        }
        compare("output", output.elements, try reference.run(point), 1e-6)
        let expected = try point.indices.map { index in
            try slope { step in
                var moved = point
                moved[index] += step
                return try value(reference, moved)
            }
        }
        compare("input", inputGradient.elements, expected, 1e-5)
        for parameter in graph.parameters where parameter.role.isLearnt {
            guard !(frozen.map(parameter.name.hasPrefix) ?? false) else {
                if plan.gradientDict[parameter.name] != nil { faults.append("\(parameter.name) is frozen") }
                continue
            }
            let expected = try (0..<parameter.count).map { index in
                try slope { step in
                    var moved = reference
                    moved.parameters[parameter.name]?[index] += step
                    return try value(moved, point)
                }
            }
            compare(parameter.name, plan.gradientDict[parameter.name]?.elements ?? [], expected, 1e-5)
        }
        return faults
    }

    @Test func linear() throws {
        // Below, at and above the kernel's tiles of 2 rows, 2 outputs, 4 and 8 columns.
        for (inputs, outputs, batch) in [(1, 1, 1), (3, 2, 2), (4, 3, 3), (8, 4, 4), (9, 5, 5), (21, 7, 1)] {
            #expect(try faults(vectorGraph(inputs) { Dense(outputs) }, batch: batch) == [])
            #expect(try faults(vectorGraph(inputs) { Dense(outputs, bias: false) }, batch: batch) == [])
        }
    }

    @Test("activation", arguments: Activation.allCases)
    func activation(_ activation: Activation) throws {
        #expect(try faults(vectorGraph(64) { activation }, scale: 8) == [])
        #expect(try faults(graph([3, 2, 5]) { activation }, scale: 8) == [])
    }

    @Test func batchNorm() throws {
        #expect(try faults(vectorGraph(5) { Norm(epsilon: 1e-3) }, batch: 6) == [])
        #expect(try faults(graph([2, 3, 4]) { Norm() }) == [])
    }

    @Test func frozenBatchNorm() throws {
        let network = try vectorGraph(5) {
            Dense(4, bias: false)
            Norm()
            Activation.silu
            Dense(3)
        }
        #expect(try faults(network, frozen: "1") == [])
        #expect(try faults(network, frozen: "3") == [])
    }

    @Test(
        "global pool",
        arguments: [
            GlobalPool.average, .max, .generalizedMean(power: 3), .generalizedMean(power: 1.5),
        ])
    func globalPool(_ pool: GlobalPool) throws {
        #expect(try faults(graph([3, 4, 5]) { pool }) == [])
        #expect(
            try faults(
                graph([2, 3, 4]) {
                    pool
                    Flatten()
                    Dense(3)
                }) == [])
    }

    @Test func normalize() throws {
        #expect(try faults(vectorGraph(7) { Normalize() }) == [])
        #expect(try faults(graph([2, 3, 4]) { Normalize() }) == [])
        #expect(
            try faults(
                vectorGraph(6) {
                    Normalize()
                    Dense(3, bias: false)
                }) == [])
    }

    @Test func flatten() throws {
        #expect(try faults(graph([2, 3, 4]) { Flatten() }) == [])
        #expect(
            try faults(
                graph([2, 3, 4]) {
                    Flatten()
                    Dense(2)
                }) == [])
    }

    @Test func branches() throws {
        #expect(
            try faults(
                vectorGraph(6) {
                    Residual {
                        Dense(6)
                        Activation.silu
                    }
                    Residual(shortcut: Dense(4).named("shortcut")) { Dense(4) }
                    Concatenate {
                        Dense(2).named("a")
                        Dense(3).named("b")
                        Activation.relu.named("c")
                    }
                    Dense(2)
                }) == [])
        #expect(
            try faults(
                graph([2, 2, 3]) {
                    Concatenate {
                        Activation.sigmoid.named("a")
                        Norm().named("b")
                    }
                }) == [])
    }

    @Test func multiply() throws {
        for isGate in [false, true] {
            var builder = GraphBuilder(inputShape: [2, 3, 4])
            let second =
                isGate
                ? try GlobalPool.average.build(builder.input, in: &builder)
                : try Activation.sigmoid.build(builder.input, in: &builder)
            let output = try builder.append(.multiply, builder.input, second)
            #expect(try faults(builder.graph(output: output)) == [])
        }
    }

    /// What proves the others: a gradient that is off by 0.01 % of its largest value is found.
    @Test func findsWrongGradients() throws {
        let network = try vectorGraph(5) {
            Dense(4, bias: false)
            Norm()
            Dense(3)
        }
        for name in ["output", "input", "0.weight", "1.weight", "1.bias", "2.weight", "2.bias"] {
            let found = try faults(network) { tampered, values in
                guard tampered == name else { return }
                values[values.count - 1] += 1e-4 * values.reduce(0) { max($0, abs($1)) }
            }
            #expect(found.contains(name))
        }
    }
}
