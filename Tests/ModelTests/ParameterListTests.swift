import EfficientNet
import Heads
import MobileNetV3
import ResNet
import TestSupport
import Testing
import Zoo

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Names, shapes and order of parameters against lists made from torchvision, timm and a published checkpoint.
struct ParameterListTests {
    @Test(arguments: 0...7)
    func `B0 to B7 have the parameters of torchvision`(number: Int) throws {
        let name = "efficientnet_b\(number)"
        #expect(try parameters(of: EfficientNet(variant: name)) == list("torchvision_\(name)"))
    }

    @Test(arguments: ["resnet18", "resnet34", "resnet50"])
    func `ResNet has the parameters of torchvision`(name: String) throws {
        #expect(try parameters(of: ResNet(variant: name)) == list("torchvision_\(name)"))
    }

    @Test(arguments: ["mobilenet_v3_large", "mobilenet_v3_small"])
    func `MobileNetV3 has the parameters of torchvision`(name: String) throws {
        #expect(try parameters(of: MobileNetV3(variant: name)) == list("torchvision_\(name)"))
    }

    @Test(arguments: 0...4)
    func `Lite0 to Lite4 have the parameters of timm under torchvision's names`(number: Int) throws {
        let backbone = try EfficientNet(variant: "efficientnet_lite\(number)")
        #expect(try parameters(of: backbone) == list("timm_tf_\(backbone.name)", renamedFor: backbone))
    }

    @Test func `timm's names of B0 are understood`() throws {
        let backbone = try EfficientNet(variant: "efficientnet_b0")
        #expect(try parameters(of: backbone) == list("timm_efficientnet_b0", renamedFor: backbone))
    }

    @Test func `the published checkpoint of Lite0 fits`() throws {
        let backbone = try EfficientNet(variant: "efficientnet_lite0")
        #expect(try parameters(of: backbone) == list("checkpoint_efficientnet_lite0", renamedFor: backbone))
    }

    @Test func `names of the graph stay, counters go, and unknown ones are kept for the report`() throws {
        let lite = try EfficientNet(variant: "efficientnet_lite0")
        for parameter in try parameters(of: lite) {
            #expect(lite.parameterName(forCheckpointName: parameter.name) == parameter.name)
        }
        #expect(lite.parameterName(forCheckpointName: "_bn0.num_batches_tracked") == nil)
        // No squeeze-excite, no expansion in the first block, no 17th block, no eighth row.
        for name in [
            "_blocks.1._se_reduce.weight", "_blocks.0._expand_conv.weight", "_blocks.16._bn1.bias",
            "_blocks.x._bn1.bias",
            "blocks.7.0.conv_pw.weight", "blocks.0.1.conv_dw.weight", "blocks.1.0.se.conv_reduce.bias", "extra", "",
        ] {
            #expect(lite.parameterName(forCheckpointName: name) == name)
        }
        let squeezing = try EfficientNet(variant: "efficientnet_b0")
        #expect(
            squeezing.parameterName(forCheckpointName: "_blocks.1._se_reduce.weight")
                == "features.2.0.block.2.fc1.weight")
    }

    @Test(arguments: [
        ("efficientnet_b0", 5_288_548), ("efficientnet_b1", 7_794_184), ("efficientnet_b2", 9_109_994),
        ("efficientnet_b3", 12_233_232), ("efficientnet_b4", 19_341_616), ("efficientnet_b5", 30_389_784),
        ("efficientnet_b6", 43_040_704), ("efficientnet_b7", 66_347_960), ("efficientnet_lite0", 4_652_008),
    ])
    func `EfficientNet's parameter counts are the published ones`(name: String, count: Int) throws {
        #expect(try graph(of: EfficientNet(variant: name)).parameterCount == count)
    }

    private struct Entry: Equatable {
        var name: String
        var shape: String
    }

    private func graph(of backbone: any Backbone) throws -> Graph {
        var options = Options()
        return try Model(backbone: backbone, head: LinearHead(options: &options, for: backbone), outputs: 1000).graph()
    }

    private func parameters(of backbone: any Backbone) throws -> [Entry] {
        try graph(of: backbone).parameters.map { Entry(name: $0.name, shape: Tensor.describe($0.shape)) }
    }

    /// A line is a layer's path and its tensors: `features.0.1 weight=32 bias=32`.
    private func list(_ file: String, renamedFor backbone: EfficientNet? = nil) throws -> [Entry] {
        try String(contentsOfFile: Fixtures.path("models/\(file).txt"), encoding: .utf8).split(separator: "\n")
            .flatMap { line in
                let words = line.split(separator: " ")
                return words.dropFirst().map { word in
                    let parts = word.split(separator: "=").map(String.init)
                    let name = "\(words[0]).\(parts[0])"
                    return Entry(
                        name: backbone.map { $0.parameterName(forCheckpointName: name) ?? "nil" } ?? name,
                        shape: parts[1])
                }
            }
    }
}
