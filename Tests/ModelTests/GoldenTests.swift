import EfficientNet
import Engine
import Heads
import MobileNetV3
import ResNet
import TestSupport
import Testing
import Zoo

/// Every stage against PyTorch in double precision, on weights that both sides compute (`HashFill`).
@Suite(.serialized)
struct GoldenTests {
    private static let tolerance = 1e-5

    @Test(
        arguments: ["efficientnet_b0", "efficientnet_lite0"],
        [Extent(224), Extent(height: 193, width: 257)])
    func `every stage of EfficientNet equals PyTorch`(name: String, size: Extent) throws {
        try compareStages(of: EfficientNet(variant: name), size: size, file: "efficientnet")
    }

    @Test(arguments: ["resnet18", "resnet34", "resnet50"], [Extent(128), Extent(height: 97, width: 129)])
    func `every stage of ResNet equals PyTorch`(name: String, size: Extent) throws {
        try compareStages(of: ResNet(variant: name), size: size, file: "resnet")
    }

    @Test(
        arguments: ["mobilenet_v3_large", "mobilenet_v3_small"], [Extent(128), Extent(height: 97, width: 129)])
    func `every stage of MobileNetV3 equals PyTorch`(name: String, size: Extent) throws {
        try compareStages(of: MobileNetV3(variant: name), size: size, file: "mobilenet_v3")
    }

    @Test(arguments: (1...7).map { "efficientnet_b\($0)" } + (1...4).map { "efficientnet_lite\($0)" })
    func `the logits of every scaled variant equal PyTorch`(name: String) throws {
        let graph = try graph(of: EfficientNet(variant: name), size: Extent(height: 64, width: 96))
        let plan = try InferencePlan(graph, weights: weights(for: graph, of: name))
        let logits = try plan.run(HashFill.input(height: 64, width: 96))
        #expect(try GoldenFile("efficientnet").error(of: logits, at: "\(name).64x96.logits") < Self.tolerance)
    }

    private func compareStages(of backbone: any Backbone, size: Extent, file: String) throws {
        let golden = try GoldenFile(file)
        let graph = try graph(of: backbone, size: size)
        let weights = weights(for: graph, of: backbone.name)
        let input = HashFill.input(height: size.height, width: size.width)
        for stage in graph.stages {
            let output = try InferencePlan(graph.prefix(through: stage.name), weights: weights).run(input)
            let error = try golden.error(of: output, at: "\(backbone.name).\(size).\(stage.name)")
            #expect(error < Self.tolerance, "\(stage.name)")
        }
    }

    private func weights(for graph: Graph, of name: String) -> StateDict {
        HashFill.weights(for: graph, gain: name.contains("lite") ? 3 : 4.5)
    }

    private func graph(of backbone: any Backbone, size: Extent) throws -> Graph {
        var options = Options()
        return try Model(backbone: backbone, head: LinearHead(options: &options, for: backbone), outputs: 1000)
            .graph(imageSize: size)
    }
}
