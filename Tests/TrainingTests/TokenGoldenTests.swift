import Engine
import TestSupport
import Testing
import Weights
import Zoo

/// Gradients of sequences and layer norms against PyTorch in double precision (`Fixtures/training/tokens.py`).
@Suite struct TokenGoldenTests {
    @Test("tokens", arguments: KernelSet.available)
    func tokens(_ kernels: KernelSet) throws {
        try compare(
            "tokens",
            graph([8, 12, 3]) {
                Conv(10, kernel: 4, stride: 4, padding: .symmetric(0), bias: true).named("patches")
                TokenEmbedding(
                    tokens: [.init("cls_token")],
                    positions: .init("pos_embed", grid: Extent(height: 3, width: 2))
                ).named("")
                Residual {
                    LayerNorm().named("norm1")
                    Dense(30).named("qkv")
                    Attention(heads: 2).named("attention")
                    Dense(10).named("proj")
                    LayerScale().named("ls1")
                }.named("")
                Residual {
                    LayerNorm(epsilon: 1e-5).named("norm2")
                    Dense(20).named("fc1")
                    Activation.gelu.named("activation")
                    Dense(10).named("fc2")
                    LayerScale().named("ls2")
                }.named("")
                LayerNorm().named("norm")
                Concatenate {
                    Slice(.positions, from: 0, count: 1).named("token")
                    Sequential {
                        Slice(.positions, from: 1).named("patches")
                        GlobalPool.average.named("mean")
                    }.named("")
                }.named("pool")
                Flatten().named("flatten")
                Dense(4).named("head")
            }, kernels)
    }

    @Test("layers", arguments: KernelSet.available)
    func layers(_ kernels: KernelSet) throws {
        try compare(
            "layers",
            graph([4, 6, 3]) {
                Conv(3, kernel: 3, groups: 3, bias: true).named("conv")
                LayerNorm().named("norm")
                Dense(12).named("fc1")
                Activation.geluTanh.named("tanh")
                ResponseNorm().named("grn")
                Dense(8).named("fc2")
                Activation.quickGELU.named("quick")
                SpaceToDepth(2).named("unshuffle")
                ChannelShuffle(groups: 4).named("shuffle")
                Slice(.channels, from: 5, count: 20).named("slice")
                Conv(4, kernel: 1, bias: true).named("last")
            }, kernels)
    }

    /// Attention within shifted windows, of which the image does not fill the last; then of queries that share keys and values.
    @Test("windows", arguments: KernelSet.available)
    func windows(_ kernels: KernelSet) throws {
        try compare(
            "windows",
            graph([9, 7, 3]) {
                Conv(8, kernel: 1, bias: true).named("stem")
                Residual {
                    LayerNorm(epsilon: 1e-5).named("norm")
                    Dense(24, bias: false).named("attn.qkv")
                    Attention(
                        heads: 2,
                        windows: .init(Extent(height: 4, width: 3), shift: Extent(height: 2, width: 1))
                    ).named("attn")
                    Dense(8).named("attn.proj")
                }.named("")
                SpaceToDepth(2, order: .positions, roundsUp: true).named("squares")
                Dense(10, bias: false).named("reduction")
                SharedAttention().named("")
                LearntAffine().named("affine")
                Pad(Extent(height: 1, width: 2)).named("pad")
                Conv(4, kernel: 1, bias: true).named("last")
            }, kernels)
    }

    private struct SharedAttention: Layer {
        func build(_ input: Value, in graph: inout GraphBuilder) throws(GraftError) -> Value {
            let queries = try Conv(12, kernel: 1, bias: true).named("query").build(input, in: &graph)
            let less = try Conv(10, kernel: 3, stride: 2, groups: 10, bias: true).named("less")
                .build(input, in: &graph)
            let keys = try Conv(6, kernel: 1).named("key").build(less, in: &graph)
            let values = try Conv(6, kernel: 1, bias: true).named("value").build(less, in: &graph)
            return try graph.append(.attention(Attention(heads: 2)), queries, keys, values)
        }
    }

    private func compare(_ name: String, _ graph: Graph, _ kernels: KernelSet) throws {
        let golden = try WeightFile(path: Fixtures.path("training/tokens.npz")).load()
        let shape = [2] + graph.inputShape
        let input = try Tensor(
            shape: shape, elements: HashFill.samples("input", shape.reduce(1, *)).map { Float(2 * $0) })
        let expected = golden.names.count { $0.hasPrefix("\(name).") }
        #expect(expected == graph.parameters.count + 2)
        // In one stretch, and in one for every layer or two, whose weights are packed for it.
        for parametersAtOnce in [1 << 20, 100, 1] {
            var plan = try TrainingPlan(
                graph, weights: HashFill.weights(for: graph), wantsInputGradient: true, threads: 2, kernels: kernels,
                parametersAtOnce: parametersAtOnce)
            let label = "\(kernels.name) \(parametersAtOnce)"
            let output = try plan.forward(input)
            let direction = try Tensor(
                shape: output.shape, elements: HashFill.samples("direction", output.elements.count).map { Float($0) })
            let inputGradient = try #require(try plan.backward(direction))
            func check(_ key: String, _ found: [Float]?) throws {
                let expected = try #require(golden["\(name).\(key)"]?.elements)
                #expect(distance(found ?? [], expected.map(Double.init)) < 1e-5, "\(label) \(key)")
            }
            try check("output", output.elements)
            try check("input", inputGradient.elements)
            // A bias of the keys changes nothing: that part of its gradient is rounding.
            for parameter in graph.parameters { try check(parameter.name, plan.gradientDict[parameter.name]?.elements) }
        }
    }
}
