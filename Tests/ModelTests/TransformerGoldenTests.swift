import ConvNeXt
import Engine
import Heads
import TestSupport
import Testing
import VisionTransformer
import Weights
import Zoo

/// Every stage of the families with tokens and layer norms against PyTorch in double precision (`transformers.py`).
@Suite(.serialized)
struct TransformerGoldenTests {
    private static let tolerance = 1e-5

    @Test(arguments: [(Extent(64), 1), (Extent(height: 97, width: 65), 3)])
    func `every stage of ConvNeXt equals torchvision`(size: Extent, batch: Int) throws {
        try compareStages(of: ConvNeXt(variant: "convnext_tiny"), size: size, batch: batch)
    }

    @Test(arguments: [(Extent(224), 1), (Extent(height: 96, width: 160), 3)])
    func `every stage of ViT equals timm`(size: Extent, batch: Int) throws {
        try compareStages(of: VisionTransformer(variant: "vit_tiny_patch16_224"), size: size, batch: batch)
    }

    @Test func `torchvision's ViT answers the same`() throws {
        try compareStages(of: VisionTransformer(variant: "vit_b_32"), size: 224, batch: 1)
    }

    @Test func `DeiT answers the same`() throws {
        try compareStages(of: DeiT(variant: "deit_tiny_patch16_224"), size: 64, batch: 1)
    }

    @Test(arguments: [
        ("dinov2_vits14", Extent(56)), ("dinov2_vits14", Extent(height: 42, width: 70)),
        ("dinov2_vits14_reg", Extent(height: 56, width: 70)),
        ("vit_small_patch14_reg4_dinov2", Extent(height: 56, width: 70)),
    ])
    func `every stage of DINOv2 equals timm's with its publisher's positions`(name: String, size: Extent) throws {
        try compareStages(of: DINOv2(variant: name), size: size, batch: 1)
    }

    /// Compares the stages that the golden file has.
    private func compareStages(of backbone: any Backbone, size: Extent, batch: Int) throws {
        let golden = try WeightFile(path: Fixtures.path("models/transformers.npz")).load()
        var options = Options()
        // Built for the backbone's own size, so that positions are resampled when the plan is made.
        let graph = try Model(
            backbone: backbone, head: LinearHead(options: &options, for: backbone), outputs: 1000
        ).graph()
        let weights = HashFill.weights(for: graph)
        let images = (0..<batch).map {
            HashFill.input(height: size.height, width: size.width, name: $0 == 0 ? "input" : "input\($0)")
        }
        let input = try Tensor(
            shape: [batch, size.height, size.width, 3], elements: images.flatMap(\.elements))
        var compared = 0
        for stage in graph.stages {
            let key = "\(backbone.name).\(size).\(stage.name)"
            guard let values = golden[key]?.elements, let shape = golden["\(key).shape"]?.elements.map({ Int($0) })
            else {
                continue
            }
            let plan = try InferencePlan(graph.prefix(through: stage.name), weights: weights, imageSize: size)
            let output = try plan.run(input)
            #expect(try error(of: output, values, shape: shape) < Self.tolerance, "\(stage.name)")
            compared += 1
        }
        #expect(compared == golden.names.count { $0.hasPrefix("\(backbone.name).\(size).") } / 2)
        #expect(compared > 0)
    }

    /// The largest difference relative to the largest value; PyTorch's images are `[N, C, H, W]`.
    private func error(of output: Tensor, _ golden: [Float], shape: [Int]) throws -> Double {
        let count = shape.reduce(1, *)
        let step = max(1, count / 256) | 1
        try #require((count + step - 1) / step == golden.count)
        let isImage = shape.count == 4
        try #require(output.shape == (isImage ? [shape[0], shape[2], shape[3], shape[1]] : shape))
        var largest = 0.0, difference = 0.0
        for (index, value) in golden.enumerated() {
            var position = index * step
            if isImage {
                let plane = shape[2] * shape[3],
                    (image, within) = position.quotientAndRemainder(dividingBy: shape[1] * plane)
                position = (image * plane + within % plane) * shape[1] + within / plane
            }
            let ours = output.elements[position]
            largest = max(largest, abs(Double(value)))
            difference = max(difference, ours.isFinite ? abs(Double(ours) - Double(value)) : .infinity)
        }
        return difference / largest
    }
}
