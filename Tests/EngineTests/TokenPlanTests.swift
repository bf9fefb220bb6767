import Engine
import Testing
import Zoo

/// Plans of sequences against the reference interpreter.
@Suite struct TokenPlanTests {
    private func check(
        _ shape: [Int], batch: Int = 2, imageSize: Extent? = nil, tolerance: Double = 3e-6,
        location: SourceLocation = #_sourceLocation, @LayerBuilder _ layers: () -> [any Layer]
    ) throws {
        try PlanTests.check(
            graph(shape, layers), batch: batch, imageSize: imageSize, tolerance: tolerance, location: location)
    }

    @Test func layerNorms() throws {
        for channels in [1, 5, 16, 17, 40, 64, 100] {
            try check([3, 5, channels]) { LayerNorm() }
            try check([7, channels]) { LayerNorm(epsilon: 1e-5) }
            // Its affine part goes into the products after it.
            try check([7, channels]) {
                LayerNorm(); Dense(9); Activation.gelu
            }
            try check([7, channels]) {
                LayerNorm()
                Concatenate {
                    Dense(9); Conv1(7)
                }
            }
            try check([3, 4, channels]) {
                LayerNorm(); Conv(8, kernel: 3); LayerNorm(); Conv(5, kernel: 1)
            }
        }
    }

    /// A product that another layer reads the normalised input of as well.
    private struct Conv1: Layer {
        let outputs: Int
        init(_ outputs: Int) { self.outputs = outputs }
        func build(_ input: Value, in graph: inout GraphBuilder) throws(GraftError) -> Value {
            try Dense(outputs, bias: false).build(input, in: &graph)
        }
    }

    @Test func attention() throws {
        for (tokens, heads, size) in [(1, 1, 1), (5, 3, 4), (17, 2, 16), (65, 3, 64), (197, 2, 20), (130, 1, 33)] {
            try check([tokens, 3 * heads * size]) { Attention(heads: heads) }
        }
        // Several blocks of keys.
        try check([2100, 3 * 4], batch: 1) { Attention(heads: 2) }
        try check([2100, 9], batch: 1) {
            Dense(12); Attention(heads: 1); Dense(9)
        }
    }

    /// Scores that grow from block to block, far beyond what `exp` holds.
    @Test func largeScores() throws {
        let graph = try graph([2100, 3]) { Attention(heads: 1) }
        let input = try Tensor(shape: [1, 2100, 3], elements: (0..<6300).map { Float($0 % 2000) / 50 })
        let expected = try ReferenceInterpreter(graph: graph, weights: StateDict()).run(input)
        for kernels in KernelSet.available {
            let found = try InferencePlan(
                graph, weights: StateDict(), imageSize: nil, threads: 2, kernels: kernels
            ).run(input)
            let worst = zip(found.elements, expected.elements).map { abs(Double($0) - $1) }.max() ?? 0
            #expect(worst < 4e-3)
        }
    }

    @Test func threeOperands() throws {
        for width in [10, 5] {
            var builder = GraphBuilder(inputShape: [9, 10])
            let query = try Dense(10).named("q").build(builder.input, in: &builder)
            let key = try Dense(width).named("k").build(builder.input, in: &builder)
            let value = try Dense(width).named("v").build(builder.input, in: &builder)
            let few = try Slice(.positions, from: 1, count: 4).named("few").build(key, in: &builder)
            let others = try Slice(.positions, from: 3, count: 4).named("others").build(value, in: &builder)
            let output = try builder.append(.attention(Attention(heads: 2)), query, few, others)
            try PlanTests.check(builder.graph(output: output), batch: 2)
        }
    }

    @Test func tokens() throws {
        let embedding = TokenEmbedding(
            tokens: [.init("class"), .init("register", count: 4, hasPosition: false)],
            positions: .init("pos", grid: Extent(height: 3, width: 4)))
        for size in [Extent(height: 12, width: 16), Extent(height: 20, width: 8), Extent(4)] {
            try check([12, 16, 3], imageSize: size) {
                Conv(20, kernel: 4, stride: 4, padding: .symmetric(0), bias: true)
                embedding
                Residual {
                    LayerNorm(); Dense(60); Attention(heads: 2); Dense(20); LayerScale()
                }
                Residual {
                    LayerNorm(); Dense(40); Activation.geluTanh; Dense(20); LayerScale("scale")
                }
                LayerNorm()
                Slice(.positions, from: 0, count: 1)
                Flatten()
                Dense(5)
            }
        }
        try check([4, 4, 3]) {
            TokenEmbedding(); Dense(4)
        }
    }

    @Test func movedValues() throws {
        try check([4, 6, 5]) { SpaceToDepth(2) }
        try check([4, 6, 20]) {
            Conv(20, kernel: 1); ChannelShuffle(groups: 4); Conv(7, kernel: 1)
        }
        try check([4, 6, 33]) {
            Slice(.channels, from: 5, count: 20); Activation.relu
        }
        try check([9, 33]) {
            Slice(.positions, from: 2); GlobalPool.average; Flatten(); Dense(3)
        }
        try check([4, 6, 33]) {
            ResponseNorm(); Conv(5, kernel: 1)
        }
        try check([4, 6, 33]) {
            Dense(17); Activation.quickGELU; ResponseNorm()
        }
    }

    @Test func bitsDoNotDependOnThreads() throws {
        let graph = try graph([28, 28, 3]) {
            Conv(48, kernel: 2, stride: 2, padding: .symmetric(0), bias: true)
            TokenEmbedding(tokens: [.init("class")], positions: .init("pos", grid: 14))
            LayerNorm()
            Dense(144)
            Attention(heads: 3)
            Dense(48)
            Activation.gelu
        }
        var random = Random(state: 4)
        let weights = random.weights(for: graph), input = random.tensor([3, 28, 28, 3])
        for kernels in KernelSet.available {
            let results = try [1, 2, 3, 8].map {
                try InferencePlan(graph, weights: weights, imageSize: nil, threads: $0, kernels: kernels).run(input)
            }
            for result in results { #expect(result == results[0]) }
        }
    }
}
