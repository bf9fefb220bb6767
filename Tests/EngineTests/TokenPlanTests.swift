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

    @Test func windows() throws {
        for (height, width, window, shift, heads, size) in [
            (14, 14, Extent(7), Extent(3), 3, 32), (9, 17, Extent(7), Extent(3), 2, 5),
            (6, 5, Extent(7), Extent(3), 1, 33),
            (4, 9, Extent(height: 2, width: 3), Extent(0), 2, 4), (7, 30, Extent(7), Extent(3), 1, 16),
        ] {
            try check([height, width, 3 * heads * size]) {
                Attention(heads: heads, windows: .init(window, shift: shift))
            }
        }
        // Biases and norms that are folded leave alone what lies beyond the image.
        try check([6, 5, 20]) {
            LayerNorm(); Dense(60, bias: false); Attention(heads: 2, windows: .init(4, shift: 2)); Dense(20)
            SpaceToDepth(2, order: .positions, roundsUp: true); LayerNorm(); Dense(9)
        }
    }

    /// Attention of images, and heads that share the keys of fewer positions.
    @Test func images() throws {
        try check([5, 7, 30]) { Attention(heads: 2) }
        var builder = GraphBuilder(inputShape: [9, 6, 20])
        let query = try Conv(32, kernel: 1).named("q").build(builder.input, in: &builder)
        let reduced = try Conv(20, kernel: 3, stride: 2, groups: 20).named("r").build(builder.input, in: &builder)
        let key = try Conv(8, kernel: 1).named("k").build(reduced, in: &builder)
        let value = try Conv(8, kernel: 1).named("v").build(reduced, in: &builder)
        let attention = try builder.append(.attention(Attention(heads: 4)), query, key, value)
        let output = try Conv(5, kernel: 3).named("out").build(attention, in: &builder)
        try PlanTests.check(builder.graph(output: output), batch: 2)
    }

    /// Three branches of a filter, with norms before and behind the sum, are one; a branch that others read, too.
    @Test func mergedBranches() throws {
        func filter(_ width: Int, _ kernel: Extent) -> Conv { Conv(width, kernel: kernel, groups: width, bias: true) }
        for width in [5, 40] {
            try check([7, 6, width]) {
                Residual {
                    Residual(shortcut: filter(width, 1).named("point")) {
                        filter(width, 3); Norm()
                    }
                }
                Norm(); Activation.gelu; Conv(3, kernel: 1)
            }
            let merged = try graph([7, 6, width]) {
                Residual(shortcut: filter(width, 1).named("point")) {
                    filter(width, 5); Norm()
                }
                Residual { filter(width, 3) }
            }
            try PlanTests.check(merged, batch: 2)
            var random = Random(state: 3)
            let plan = try InferencePlan(merged, weights: random.weights(for: merged), imageSize: nil)
            #expect(plan.multiplyAdds == 7 * 6 * width * (25 + 9))
        }
        try check([7, 6, 8]) {
            Concatenate {
                Residual { filter(8, 3) }
                Activation.relu
            }
        }
        // Other strides and margins stay apart.
        try check([7, 6, 8]) {
            Residual { Conv(8, kernel: 3, padding: .same, groups: 8) }
            Residual { Conv(8, kernel: 3) }
        }
    }

    @Test func learntAffine() throws {
        try check([4, 5, 20]) {
            Conv(20, kernel: 1); Norm(); Activation.relu; LearntAffine(); Conv(7, kernel: 3)
        }
        try check([9]) { LearntAffine() }
        try check([9]) {
            Dense(40); Activation.relu; LearntAffine(); Dense(3)
        }
    }

    /// A factor and a shift behind ReLU, in every step that has a place for them, before margins and sums.
    @Test func affineBehindActivation() throws {
        let layers: [Conv] = [
            Conv(20, kernel: 3, stride: 2), Conv(64, kernel: 3), Conv(64, kernel: 1), Conv(64, kernel: 5, groups: 64),
            Conv(64, kernel: 3, groups: 32), Conv(64, kernel: 3, groups: 4),
        ]
        for layer in layers {
            try check([9, 11, 64]) {
                layer; Norm(); Activation.relu; LearntAffine(); Conv(7, kernel: 3)
            }
            try check([9, 11, 64]) {
                Conv(64, kernel: 1); Activation.relu; LearntAffine(); layer; Activation.relu; LayerScale()
                GlobalPool.average
            }
        }
        try check([9, 11, 20]) {
            Residual {
                Conv(20, kernel: 1); Activation.relu; LearntAffine(); Conv(20, kernel: 3); Activation.silu;
                LearntAffine()
            }
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
        try check([5, 7, 5]) { SpaceToDepth(2, order: .positions, roundsUp: true) }
        try check([5, 7, 17]) {
            SpaceToDepth(3, roundsUp: true); Conv(4, kernel: 1)
        }
        try check([5, 7, 3]) {
            Pad(1); Pool.max(2, stride: 1); Pad(Extent(height: 0, width: 2))
        }
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
