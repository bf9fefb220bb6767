import Exchange
import Foundation
import Heads
import Images
import Inference
import Serving
import Testing
import Weights
import Zoo

/// What a server says of a model in 8 bits, or of one with layers in bfloat16, is what the library says.
@Suite struct LowerPrecisionTests {
    private struct SmallBackbone: Backbone {
        static let variants = ["small"]
        let name: String

        init(variant: String) { name = variant }

        var preprocessing: Preprocessing { .imageNet(resize: 18, crop: 16, interpolation: .bilinear) }

        var features: [any Layer] {
            Sequential {
                Conv(8, kernel: 3, stride: 2).named("conv")
                Activation.relu6.named("act")
                Conv(16, kernel: 1).named("conv2")
                Activation.relu.named("act2")
            }.named("features")
        }
    }

    private static func registry() throws -> Registry {
        var registry = Registry()
        try registry.register(SmallBackbone.self)
        try registry.register(LinearHead.self)
        return registry
    }

    private static func model(_ change: (inout ModelMetadata, Graph) -> Void) throws -> PortableModel {
        let registry = try registry()
        var metadata = ModelMetadata(
            backbone: "small", pooling: "avg", head: .init(kind: "linear"), classes: ["a", "b", "c"],
            preprocessing: SmallBackbone(variant: "small").preprocessing, licence: "CC0", source: "a test")
        let graph = try metadata.model(registry: registry).graph(imageSize: 16)
        change(&metadata, graph)
        var weights = StateDict()
        var state: UInt32 = 1
        for parameter in graph.parameters {
            var tensor = Tensor(shape: parameter.shape)
            tensor.withElements { values in
                for index in values.indices {
                    state = state &* 1_664_525 &+ 1_013_904_223
                    values[index] = Float(Int(state >> 8) - (1 << 23)) / Float(1 << 24)
                }
            }
            weights[parameter.name] = tensor
        }
        return try PortableModel(
            ImportedModel(tensors: weights, metadata: metadata), name: "small", registry: registry)
    }

    private static func pictures() throws -> [[UInt8]] {
        try (0..<3).map { seed in
            let pixels = (0..<20 * 24 * 3).map { UInt8(($0 * (seed + 3) * 7 + $0 / 60 * 11) % 256) }
            return try Picture(width: 24, height: 20, pixels: pixels).jpeg(quality: 90)
        }
    }

    /// The logits of every picture, as a client gets them over a socket.
    private static func served(_ content: PortableModel) throws -> [Float] {
        let server = try TestServer([try EngineModel(content, name: "small", threads: 2, pixels: 1 << 20)])
        let texts = try pictures().map { "\"\(Data($0).base64EncodedString())\"" }.joined(separator: ",")
        let body =
            #"{"outputs":[{"name":"logits"}],"inputs":[{"name":"image","shape":[3],"datatype":"BYTES","data":[\#(texts)]}]}"#
        let answer = try #require(try server.ask("POST", "/v2/models/small/infer", body: Array(body.utf8)))
        #expect(answer.status == 200, "\(answer.text)")
        let found = try JSONReader.read(answer.body[...])
        guard case .numbers(let logits)? = found["outputs"]?.elements?.first?["data"] else { return [] }
        return logits.map { Float($0) }
    }

    private static func computed(_ content: PortableModel) async throws -> [Float] {
        let loaded = try LoadedModel(content)
        let inputs = try pictures().enumerated().map { PictureInput.bytes($1, name: "\($0)") }
        return try await loaded.logits(of: inputs).flatMap { try $0.get() }
    }

    @Test func inEightBits() async throws {
        let plain = try Self.model { _, _ in }
        let int8 = try Self.model { metadata, graph in
            metadata.quantization = Quantization(
                ranges: Dictionary(uniqueKeysWithValues: graph.valueKeys.map { ($0, ByteRange(from: -4, to: 4)) }))
        }
        let found = try Self.served(int8)
        #expect(found.count == 9)
        #expect(try await found == Self.computed(int8))
        #expect(try await found != Self.computed(plain))
        let distance = zip(found, try await Self.computed(plain)).map { ($0 - $1).magnitude }.max() ?? 1
        #expect(distance < 0.2, "\(distance)")
    }

    @Test func behindLayersInBFloat16() async throws {
        let plain = try Self.model { _, _ in }
        let model = try Self.model { metadata, _ in
            metadata.precision = .init(kind: "bf16", through: Model.pooledStage)
        }
        let found = try Self.served(model)
        #expect(try await found == Self.computed(model))
        #expect(try await found != Self.computed(plain))
    }
}
