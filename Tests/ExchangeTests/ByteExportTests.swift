import Engine
import Exchange
import Foundation
import Heads
import TestSupport
import Testing
import Weights
import Zoo

/// Models in 8 bits as other programs read them.
@Suite struct ByteExportTests {
    /// A head whose rows have length 1 is in 8 bits too: its rows are rounded as they are used, and the answers are those of the
    /// layout, which is what the file says.
    @Test(arguments: ["linear", "cosine"])
    func onnx(head: String) throws {
        let desk = try Desk()
        var registry = desk.registry
        try registry.register(CosineHead.self)
        var metadata = try desk.tuned().metadata
        metadata.head = .init(kind: head)
        metadata.base = nil
        let graph = try metadata.model(registry: registry).graph(imageSize: Extent(metadata.preprocessing.crop))
        metadata.quantization = Quantization(
            ranges: Dictionary(uniqueKeysWithValues: graph.valueKeys.map { ($0, ByteRange(from: -4, to: 4)) }))
        let model = try PortableModel(
            ImportedModel(tensors: HashFill.weights(for: graph), metadata: metadata), name: "model", registry: registry)
        try model.write(to: desk.file("model.onnx"))
        let bytes = try desk.bytes("model.onnx")
        let layers = try InferencePlan(graph, weights: model.tensors, quantization: metadata.quantization).byteLayers
        #expect(layers.count == 3)
        for layer in layers {
            for node in layer.nodes {
                let name = graph.nodes[node].name
                let isThere = bytes.range(of: Data("\(name).weight_int8".utf8)) != nil
                #expect(isThere, "\(name)")
            }
        }
        let isRounded = bytes.range(of: Data("QuantizeLinear".utf8)) != nil
        #expect(isRounded)
        // As a model file it answers as before.
        try model.write(to: desk.file("copy.npz"))
        #expect(try SelfTest(PortableModel(desk.file("copy.npz"), registry: registry)).passed)
    }
}
