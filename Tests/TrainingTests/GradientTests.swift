import Engine
import TestSupport
import Testing
import Zoo

/// Each operation forward against the reference, and backward against its finite differences in double precision.
@Suite struct GradientTests {
    /// Names of what disagrees: `output`, `input`, or a parameter.
    /// - Parameter tamper: changes the gradients before they are compared.
    private func faults(
        _ graph: Graph, batch: Int = 3, scale: Float = 2, frozen: String? = nil, kernels: KernelSet? = nil,
        tamper: (String, inout [Float]) -> Void = { _, _ in }
    ) throws -> [String] {
        var weights = StateDict()
        for (index, parameter) in graph.parameters.enumerated() {
            let offset: Float = parameter.role == .runningVariance ? 1.5 : 0
            weights[parameter.name] = try Tensor(
                shape: parameter.shape, elements: noise(UInt32(index + 1), parameter.count).map { $0 + offset })
            if parameter.role == .fixed { weights[parameter.name]?.withElements { HashFill.fillFixed(&$0) } }
        }
        let shape = [batch] + graph.inputShape
        let count = shape.reduce(1, *)
        let input = try Tensor(shape: shape, elements: noise(77, count).map { $0 * scale })
        var plan = try TrainingPlan(
            graph, weights: weights, wantsInputGradient: true, threads: nil, kernels: kernels ?? .chosen()
        ) { parameter in
            !(frozen.map(parameter.name.hasPrefix) ?? false)
        }
        let output = try plan.forward(input)
        let direction = try Tensor(shape: output.shape, elements: noise(99, output.elements.count))
        let inputGradient = try #require(try plan.backward(direction))

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

    @Test func unitRows() throws {
        for (inputs, outputs, batch) in [(3, 2, 2), (9, 5, 5), (21, 7, 1)] {
            #expect(try faults(vectorGraph(inputs) { Dense(outputs, hasUnitRows: true) }, batch: batch) == [])
        }
        let head = try vectorGraph(6) {
            Dense(5)
            Normalize()
            Dense(3, hasUnitRows: true)
        }
        #expect(head.parameters.map(\.name).suffix(2) == ["2.weight", "2.scale"])
        #expect(try faults(head) == [])
        #expect(try faults(head, frozen: "2") == [])
        #expect(try faults(head, frozen: "0") == [])
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

    @Test func neighbours() throws {
        for count in [2, 4, 50] {
            let votes = NeighbourVotes(pictures: 9, outputs: 4, count: count, temperature: 0.5)
            #expect(try faults(vectorGraph(9) { votes }) == [])
        }
        #expect(
            try faults(
                vectorGraph(5) {
                    Normalize()
                    Dense(11, bias: false)
                    NeighbourVotes(pictures: 11, outputs: 3, count: 6, temperature: 0.2)
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

    /// Every kind of convolution on every instruction set: tails of channels, strides that skip taps, margins, groups.
    @Test("convolution", arguments: KernelSet.available)
    func convolution(_ kernels: KernelSet) throws {
        let cases: [(shape: [Int], Convolution)] = [
            ([3, 4, 5], Convolution(inputs: 5, outputs: 7, kernel: 1, bias: true)),
            ([6], Convolution(inputs: 6, outputs: 5, kernel: 1, bias: true)),
            ([5, 6, 17], Convolution(inputs: 17, outputs: 3, kernel: 1)),
            ([5, 4, 3], Convolution(inputs: 3, outputs: 4, kernel: 1, stride: 2)),
            ([4, 5, 3], Convolution(inputs: 3, outputs: 2, kernel: 1, padding: .symmetric(1))),
            ([6, 5, 3], Convolution(inputs: 3, outputs: 5, kernel: 3, padding: .symmetric(1), bias: true)),
            ([7, 6, 2], Convolution(inputs: 2, outputs: 3, kernel: 3, stride: 2, padding: .same)),
            (
                [6, 7, 2],
                Convolution(
                    inputs: 2, outputs: 3, kernel: Extent(height: 2, width: 3), stride: Extent(height: 1, width: 2),
                    padding: .symmetric(Extent(height: 0, width: 1)), dilation: Extent(height: 2, width: 1))
            ),
            ([5, 5, 6], Convolution(inputs: 6, outputs: 9, kernel: 3, padding: .symmetric(1), groups: 3, bias: true)),
        ]
        for (shape, convolution) in cases {
            #expect(try faults(single(shape, convolution), kernels: kernels) == [], "\(kernels.name) \(convolution)")
        }
    }

    /// Enough channels for Winograd's algorithm: even and odd sizes, every margin, and images that others read too.
    @Test("winograd", arguments: KernelSet.available)
    func winograd(_ kernels: KernelSet) throws {
        for (size, margin) in [(6, 1), (9, 1), (8, 0), (4, 2)] {
            let convolution = Convolution(
                inputs: 9, outputs: 16, kernel: 3, padding: .symmetric(Extent(margin)), bias: size == 6)
            #expect(
                try faults(single([size, size, 9], convolution), batch: 2, kernels: kernels) == [],
                "\(kernels.name) \(size) \(margin)")
        }
        let block = try graph([6, 6, 9]) {
            Residual {
                Conv(9, kernel: 3); Norm(); Activation.relu; Conv(9, kernel: 3); Norm()
            }
            Activation.relu; Conv(9, kernel: 3, groups: 9); Conv(9, kernel: 3)
        }
        #expect(try faults(block, batch: 2, kernels: kernels) == [], "\(kernels.name)")
    }

    @Test("depthwise convolution", arguments: KernelSet.available)
    func depthwise(_ kernels: KernelSet) throws {
        func filter(
            _ kernel: Extent, _ stride: Extent, _ padding: Padding, dilation: Extent = 1, bias: Bool = false
        ) -> Convolution {
            Convolution(
                inputs: 5, outputs: 5, kernel: kernel, stride: stride, padding: padding, dilation: dilation, groups: 5,
                bias: bias)
        }
        let cases = [
            filter(3, 1, .symmetric(1), bias: true), filter(3, 2, .symmetric(1)), filter(3, 2, .same),
            filter(5, 1, .symmetric(2)), filter(5, 2, .symmetric(2)), filter(5, 2, .same), filter(7, 2, .symmetric(3)),
            filter(7, 1, .symmetric(3)), filter(3, 1, .symmetric(0)), filter(3, 3, .symmetric(1)),
            filter(2, 3, .symmetric(0)), filter(3, 1, .symmetric(2), dilation: 2),
            filter(3, 2, .symmetric(2), dilation: 2), filter(1, 2, .symmetric(0)), filter(3, 1, .symmetric(3)),
            filter(Extent(height: 3, width: 5), Extent(height: 2, width: 1), .same),
        ]
        for (index, convolution) in cases.enumerated() {
            let shape = [7 + index % 2, 8 - index % 3, 5]
            #expect(try faults(single(shape, convolution), kernels: kernels) == [], "\(kernels.name) \(convolution)")
        }
    }

    @Test("pooling window", arguments: KernelSet.available)
    func pool(_ kernels: KernelSet) throws {
        for pool in [
            Pool(.max, kernel: 3, stride: 2, padding: .symmetric(1)), Pool(.max, kernel: 2, stride: 2),
            Pool(.average(countsPadding: true), kernel: 3, stride: 2, padding: .symmetric(1)),
            Pool(.average(countsPadding: false), kernel: 3, stride: 1, padding: .same),
            Pool(.max, kernel: 3, stride: 2, padding: .roundingUp(0)),
            Pool(.average(countsPadding: false), kernel: 3, stride: 3, padding: .roundingUp(1)),
        ] {
            var builder = GraphBuilder(inputShape: [5, 6, 3])
            let output = try builder.append(.pool(pool), builder.input)
            #expect(try faults(builder.graph(output: output), kernels: kernels) == [], "\(kernels.name) \(pool)")
        }
    }

    @Test("layer norm", arguments: KernelSet.available)
    func layerNorm(_ kernels: KernelSet) throws {
        for (shape, epsilon) in [([3, 4, 5], 1e-6), ([7, 16], 1e-5), ([19, 33], 1e-3), ([8], 1e-6)] {
            #expect(try faults(graph(shape) { LayerNorm(epsilon: epsilon) }, kernels: kernels) == [], "\(shape)")
        }
        let between = try graph([5, 6]) {
            Dense(18); LayerNorm(); Dense(4); LayerScale("factor", trailing: 2).named(""); Activation.gelu
        }
        #expect(try faults(between, kernels: kernels) == [])
        #expect(try faults(between, frozen: "1", kernels: kernels) == [])
        #expect(try faults(graph([2, 3, 5]) { LayerScale() }, frozen: "0", kernels: kernels) == [])
    }

    @Test("linear at every position", arguments: KernelSet.available)
    func linearAtEveryPosition(_ kernels: KernelSet) throws {
        #expect(try faults(graph([3, 4, 5]) { Dense(7) }, kernels: kernels) == [])
        #expect(try faults(graph([9, 17]) { Dense(3, bias: false) }, kernels: kernels) == [])
    }

    @Test("attention", arguments: KernelSet.available)
    func attention(_ kernels: KernelSet) throws {
        for (tokens, heads, size) in [(1, 1, 1), (5, 2, 4), (17, 2, 5), (67, 1, 1)] {
            let network = try graph([tokens, 3 * heads * size]) { Attention(heads: heads) }
            #expect(try faults(network, batch: 2, kernels: kernels) == [], "\(tokens) \(heads) \(size)")
        }
        let block = try graph([4, 6]) {
            Residual {
                LayerNorm(); Dense(18); Attention(heads: 2); Dense(6); LayerScale()
            }
            Residual {
                LayerNorm(); Dense(12); Activation.gelu; Dense(6)
            }
        }
        #expect(try faults(block, kernels: kernels) == [])
    }

    /// Keys and values of fewer positions, one head of them for all queries.
    @Test func attentionOfThreeOperands() throws {
        for sharesKeys in [true, false] {
            var builder = GraphBuilder(inputShape: [7, 6])
            func projection(_ outputs: Int, _ name: String, keys: Bool) throws -> Value {
                try builder.within(name) { (builder) throws(GraftError) in
                    // A bias of the keys changes nothing: its gradient is rounding.
                    let value = try Dense(outputs, bias: name != "k").build(builder.input, in: &builder)
                    return try keys ? Slice(.positions, from: 2, count: 4).build(value, in: &builder) : value
                }
            }
            let width = sharesKeys ? 3 : 6
            let query = try projection(6, "q", keys: false)
            let key = try projection(width, "k", keys: true), value = try projection(width, "v", keys: true)
            let output = try builder.append(.attention(Attention(heads: 2)), query, key, value)
            let found = try faults(builder.graph(output: output))
            #expect(found == [], "\(sharesKeys)")
        }
    }

    /// Windows that divide the image and windows that do not, with and without a shift, heads of whole vectors and not.
    @Test("attention within windows", arguments: KernelSet.available)
    func windows(_ kernels: KernelSet) throws {
        for (height, width, window, shift, heads, size) in [
            (2, 2, Extent(2), Extent(0), 1, 1), (5, 3, Extent(2), Extent(1), 2, 3),
            (4, 6, Extent(height: 2, width: 3), Extent(height: 1, width: 2), 1, 5),
            (3, 5, Extent(3), Extent(1), 2, 2),
        ] {
            let network = try graph([height, width, 3 * heads * size]) {
                Attention(heads: heads, windows: .init(window, shift: shift))
            }
            #expect(network.parameters.map(\.name) == ["0.relative_position_bias_table", "0.qkv.bias"])
            #expect(
                try faults(network, batch: 2, kernels: kernels) == [], "\(kernels.name) \(height) \(width) \(window)")
        }
        let block = try graph([3, 4, 6]) {
            Residual {
                LayerNorm(); Dense(18, bias: false)
                Attention(heads: 2, windows: .init(2, shift: 1)).named("attention")
                Dense(6)
            }
            SpaceToDepth(2, order: .positions, roundsUp: true)
            LayerNorm(); Dense(4, bias: false)
        }
        #expect(try faults(block, batch: 2, kernels: kernels) == [])
        #expect(try faults(block, batch: 2, frozen: "0.attention", kernels: kernels) == [])
    }

    /// Queries, keys and values of images, read by filters with margins too: heads that share their keys, of fewer positions.
    @Test("attention of images", arguments: KernelSet.available)
    func attentionOfImages(_ kernels: KernelSet) throws {
        for readsMargins in [false, true] {
            var builder = GraphBuilder(inputShape: [4, 3, 6])
            let query = try Conv(6, kernel: 1).named("q").build(builder.input, in: &builder)
            let reduced = try Conv(6, kernel: 3, stride: 2, groups: 6).named("r").build(builder.input, in: &builder)
            let key = try Conv(3, kernel: 1).named("k").build(reduced, in: &builder)
            let value = try Conv(3, kernel: 1).named("v").build(reduced, in: &builder)
            var output = try builder.append(.attention(Attention(heads: 2)), query, key, value)
            if readsMargins {
                output = try Conv(6, kernel: 3, groups: 6).named("f").build(output, in: &builder)
                let other = try Conv(6, kernel: 3, groups: 6).named("g").build(query, in: &builder)
                output = try builder.append(.add(dropFirst: 0), output, other)
            }
            #expect(try faults(builder.graph(output: output), batch: 2, kernels: kernels) == [], "\(readsMargins)")
        }
        let fused = try graph([4, 3, 6]) {
            Conv(6, kernel: 3, groups: 6); Attention(heads: 2); Conv(2, kernel: 3, groups: 2)
        }
        #expect(try faults(fused, batch: 2, kernels: kernels) == [])
    }

    @Test func learntAffine() throws {
        let network = try graph([3, 2, 5]) {
            LearntAffine(); Conv(5, kernel: 3, groups: 5); Activation.relu; LearntAffine()
        }
        #expect(try faults(network) == [])
        #expect(try faults(network, frozen: "3") == [])
        #expect(try faults(vectorGraph(7) { LearntAffine() }) == [])
    }

    @Test func tokens() throws {
        let token = TokenEmbedding.Token("class_token")
        let positions = TokenEmbedding.Positions("pos_embed", grid: Extent(height: 2, width: 3))
        for embedding in [
            TokenEmbedding(tokens: [token]), TokenEmbedding(tokens: [token], positions: positions),
            TokenEmbedding(
                tokens: [token, .init("register", count: 2, hasPosition: false)],
                positions: .init("pos", grid: 5, resampling: .bicubic(antialias: false, offset: 0.1))),
            TokenEmbedding(
                tokens: [.init("class", hasPosition: false)],
                positions: .init("pos", grid: Extent(height: 7, width: 2))),
        ] {
            #expect(try faults(graph([2, 3, 5]) { embedding.named("") }) == [], "\(embedding)")
        }
    }

    @Test func movedValues() throws {
        #expect(try faults(graph([4, 6, 5]) { SpaceToDepth(2) }) == [])
        #expect(try faults(graph([3, 5, 4]) { SpaceToDepth(2, order: .positions, roundsUp: true) }) == [])
        #expect(try faults(graph([3, 5, 4]) { SpaceToDepth(3, roundsUp: true) }) == [])
        #expect(try faults(graph([3, 5, 4]) { Pad(Extent(height: 2, width: 1)) }) == [])
        #expect(try faults(graph([3, 2, 6]) { ChannelShuffle(groups: 2) }) == [])
        #expect(try faults(graph([3, 2, 6]) { Slice(.channels, from: 1, count: 3) }) == [])
        #expect(try faults(graph([5, 3]) { Slice(.positions, from: 2) }) == [])
        #expect(
            try faults(
                graph([5, 3]) {
                    GlobalPool.average; Flatten(); Dense(2)
                }) == [])
        #expect(try faults(graph([3, 4, 5]) { ResponseNorm() }) == [])
        #expect(
            try faults(
                graph([3, 4, 5]) {
                    Dense(6); ResponseNorm(); Dense(2)
                }, frozen: "1") == [])
    }

    @Test("pooling grid", arguments: KernelSet.available)
    func gridPool(_ kernels: KernelSet) throws {
        for grid in [Extent(height: 3, width: 4), Extent(height: 7, width: 5), Extent(height: 5, width: 6)] {
            let graph = try graph([5, 6, 3]) { GridPool(grid) }
            #expect(try faults(graph, kernels: kernels) == [], "\(kernels.name) \(grid)")
        }
    }

    private func single(_ shape: [Int], _ convolution: Convolution) throws -> Graph {
        var builder = GraphBuilder(inputShape: shape)
        let output = try builder.append(.convolution(convolution), builder.input)
        return try builder.graph(output: output)
    }

    /// Expansion, depthwise filter, squeeze-excite, projection and residual together, with batch norms that train.
    @Test("block", arguments: KernelSet.available)
    func block(_ kernels: KernelSet) throws {
        let network = try graph([5, 4, 3]) {
            Conv(5, kernel: 3, stride: 2, bias: false)
            Norm()
            Activation.silu
            Residual {
                Conv(9, kernel: 1, bias: false)
                Norm()
                Activation.silu
                Conv(9, kernel: 3, groups: 9, bias: false)
                Norm()
                Activation.hardSwish
                SqueezeExcite(squeezed: 2)
                Conv(5, kernel: 1, bias: false)
                Norm()
            }
            GlobalPool.average
            Flatten()
            Dense(3)
        }
        #expect(try faults(network, batch: 5, kernels: kernels) == [])
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
