import Engine
import TestSupport
import Testing
import Zoo

/// Plans in 8 bits: near the same network in float32, and the same bits on every instruction set and number of threads.
@Suite struct BytePlanTests {
    /// - Parameters:
    ///   - share: of the layers with weights that have to be in 8 bits.
    ///   - layoutError: the same as `error`, beside the network that rounds where the layout says.
    ///   - error: the most that the root mean square of the change may be, over that of the outputs.
    static func check(
        _ graph: Graph, weights: StateDict? = nil, _ what: Comment, batch: Int = 3, seed: UInt64 = 1,
        error: Double = 0.06,
        layoutError: Double = 0.01, layers: Int? = nil,
        location: SourceLocation = #_sourceLocation
    ) throws {
        var random = Random(state: seed)
        let weights = weights ?? random.weights(for: graph), input = random.tensor([batch] + graph.inputShape)
        let quantization = try quantization(graph, weights, input)
        var first: [Float]?
        for table in KernelSet.available.prefix(1) {
            for bytes in ByteKernels.available {
                for threads in [1, 2, 3] {
                    let plan = try InferencePlan(
                        graph, weights: weights, imageSize: nil, threads: threads, quantization: quantization,
                        kernels: KernelSet(table: table.table, bytes: bytes))
                    if let layers { #expect(plan.byteLayers.count == layers, what, sourceLocation: location) }
                    let found = try plan.run(input).elements
                    if let first {
                        #expect(
                            first == found, "\(bytes.name), \(threads) threads: \(what.rawValue)",
                            sourceLocation: location)
                    }
                    first = found
                }
            }
        }
        // The layout says what the plan does: all that may differ is a byte here and there that lay between two.
        let layout = try ByteLayout(graph, weights: weights, quantization: quantization)
        let rounded = try ReferenceInterpreter(graph: graph, weights: weights, layout: layout).run(input).elements
        #expect(
            Self.change(first ?? [], rounded) <= layoutError,
            "as laid out: \(what.rawValue): \(Self.change(first ?? [], rounded))",
            sourceLocation: location)
        let expected = try ReferenceInterpreter(graph: graph, weights: weights).run(input).elements
        let found = Self.change(first ?? [], expected)
        #expect(found <= error, "\(what.rawValue): \(found)", sourceLocation: location)
    }

    /// The root mean square of the change over that of the outputs.
    private static func change(_ found: [Float], _ expected: [Double]) -> Double {
        let change = zip(found, expected).reduce(0) { $0 + (Double($1.0) - $1.1) * (Double($1.0) - $1.1) }
        return (change / max(expected.reduce(0) { $0 + $1 * $1 }, 1e-12)).squareRoot()
    }

    static func quantization(_ graph: Graph, _ weights: StateDict, _ images: Tensor) throws -> Quantization {
        let seen = try Observation(of: graph, weights: weights, images: images).statistics
        var ranges: [String: ByteRange] = [:]
        for (key, value) in zip(graph.valueKeys, seen) {
            if let value { ranges[key] = ByteRange(of: value.histogram) }
        }
        return Quantization(ranges: ranges)
    }

    @Test func convolutions() throws {
        for (index, convolution) in PlanTests.convolutions.enumerated() where index % 3 == 0 {
            var builder = GraphBuilder(inputShape: [index % 3 + 7, index % 5 + 7, convolution.inputs])
            let output: Value
            do { output = try builder.append(.convolution(convolution), builder.input) } catch { continue }
            try Self.check(
                try builder.graph(output: output), "\(convolution)", seed: UInt64(index), error: 0.04,
                layers: convolution.groups == 1 || convolution.isDepthwise && convolution.kernel != 1 ? 1 : nil)
        }
    }

    @Test(arguments: Activation.allCases)
    func activations(_ activation: Activation) throws {
        try Self.check(
            try graph([9, 7, 3]) {
                Conv(20, kernel: 3); Norm(); activation; Conv(70, kernel: 1); activation; Conv(9, kernel: 1)
            }, "\(activation)", error: 0.1, layers: 3)
        try Self.check(
            try graph([9, 7, 24]) {
                Conv(24, kernel: 3, groups: 24); activation; Conv(70, kernel: 3, stride: 2); Norm(); activation
            }, "\(activation)", error: 0.1, layers: 2)
    }

    @Test func bottlenecks() throws {
        var random = Random(state: 9)
        for index in 0..<16 {
            let (network, what) = try random.bottlenecks()
            try Self.check(network, "\(index): \(what)", seed: UInt64(index), error: 0.25)
        }
    }

    @Test func residuals() throws {
        try Self.check(
            try graph([16, 16, 3]) {
                Conv(20, kernel: 7, stride: 2); Norm(); Activation.relu; Pool.max(3, stride: 2, padding: 1)
                Residual {
                    Conv(20, kernel: 3); Norm(); Activation.relu; Conv(20, kernel: 3); Norm()
                }
                Activation.relu
                Residual(shortcut: Conv(33, kernel: 1, stride: 2).named("downsample")) {
                    Conv(33, kernel: 3, stride: 2); Norm()
                }
                Activation.relu
                GlobalPool.average; Flatten(); Dense(7)
            }, "residual", error: 0.1, layers: 6)
        // A sum of which no part is a convolution.
        try Self.check(
            try graph([8, 8, 12]) {
                Residual { Pool.max(3, stride: 1, padding: 1) }; Activation.relu; Conv(5, kernel: 1)
            }, "a sum")
    }

    /// What has no kernels on bytes is computed in float32 between those that have.
    @Test func borders() throws {
        try Self.check(
            try graph([8, 8, 12]) {
                Conv(20, kernel: 3); Norm(); Activation.relu; Pool.average(2, stride: 2); Conv(30, kernel: 1);
                Activation.silu
                Concatenate {
                    Conv(4, kernel: 1).named("a")
                    Conv(20, kernel: 3).named("b")
                }
                Conv(24, kernel: 3, groups: 3); Normalize(); Flatten(); Dense(5)
            }, "borders", error: 0.1)
    }

    /// The ranges of a layer norm's values are those with its affine part, whatever reads them.
    @Test func tokens() throws {
        var random = Random(state: 4)
        let network = try graph([9, 24]) {
            LayerNorm(); Dense(72); Attention(heads: 3); Dense(24); LayerScale()
            Residual {
                LayerNorm(); Dense(40); Activation.gelu; Dense(24)
            }
            LayerNorm(); GlobalPool.average; Dense(5)
        }
        var weights = random.weights(for: network)
        for parameter in network.parameters where parameter.role == .weight && parameter.shape.count == 1 {
            guard var tensor = weights[parameter.name] else { continue }
            tensor.withElements { values in for index in values.indices where index % 3 > 0 { values[index] *= 0.02 } }
            weights[parameter.name] = tensor
        }
        try Self.check(network, weights: weights, "tokens", error: 0.1, layers: 5)
    }

    /// Ranges that fit nothing, one dead channel, weights of every size: whatever comes out, it comes out everywhere, and nothing
    /// leaves its memory.
    @Test func extremes() throws {
        var random = Random(state: 3)
        let network = try graph([10, 9, 3]) {
            Conv(17, kernel: 3); Norm(); Activation.silu
            InvertedBottleneck(expanded: 70, outputs: 17, kernel: 3, stride: 1, squeezed: 4)
            Residual { InvertedBottleneck(expanded: 34, outputs: 17, kernel: 5, stride: 1, activation: .relu6) }
            GlobalPool.average; Flatten(); Dense(6)
        }
        for round in 0..<12 {
            var weights = random.weights(for: network)
            for name in weights.names {
                guard var tensor = weights[name] else { continue }
                let factor: Float = random.pick([1, 0, 1e-20, 1e12, -1])
                tensor.withElements { values in
                    guard random.int(0...3) == 0, !name.hasSuffix("running_var") else { return }
                    for index in 0..<max(1, values.count / 3) { values[index] *= factor }
                }
                weights[name] = tensor
            }
            var ranges: [String: ByteRange] = [:]
            for key in network.valueKeys {
                ranges[key] = ByteRange(
                    scale: random.pick([1e-12, 1e-6, 0.02, 1, 1e12]), zero: random.pick([0, 255, 128, 1]))
            }
            let input = random.tensor([1] + network.inputShape)
            let answers = try ByteKernels.available.map { bytes in
                try InferencePlan(
                    network, weights: weights, imageSize: nil, threads: 2, quantization: Quantization(ranges: ranges),
                    kernels: KernelSet(table: KernelSet.available[0].table, bytes: bytes)
                ).run(input).elements.map(\.bitPattern)
            }
            #expect(answers.allSatisfy { $0 == answers[0] }, "round \(round)")
        }
    }
}
