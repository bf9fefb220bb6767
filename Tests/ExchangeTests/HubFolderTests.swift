import Engine
import Exchange
import Foundation
import Graft
import TestSupport
import Testing
import Weights
import Zoo

/// Folders as model hubs keep them (`Tests/Fixtures/hub/make.py`).
@Suite struct HubFolderTests {
    private struct Answer: Decodable {
        let side: Int
        let logits: [Float]
        let shapes: [String: [Int]]
    }

    private let desk: Desk
    private let registry: Registry

    init() throws {
        desk = try Desk()
        registry = try Registry.builtIn()
    }

    /// Copies the descriptions and makes the weights.
    private func folder(
        _ name: String, without missing: String? = nil
    ) throws -> (path: String, answer: Answer) {
        let source = Fixtures.path("hub/\(name)")
        let path = desk.file(name)
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        for file in ["config.json", "preprocessor_config.json"]
        where FileManager.default.fileExists(atPath: "\(source)/\(file)") {
            try FileManager.default.copyItem(atPath: "\(source)/\(file)", toPath: "\(path)/\(file)")
        }
        let answer = try JSONDecoder().decode(
            Answer.self, from: try Data(contentsOf: URL(filePath: "\(source)/answer.json")))
        var tensors = StateDict()
        for (name, shape) in answer.shapes where name != missing {
            tensors[name] = try Tensor(shape: shape, elements: values(name, shape))
        }
        try Safetensors.write(tensors, metadata: ["format": "pt"], to: "\(path)/model.safetensors")
        return (path, answer)
    }

    /// As `make.py` does it.
    private func values(_ name: String, _ shape: [Int]) -> [Float] {
        let count = shape.reduce(1, *)
        let last = name.split(separator: ".").last ?? ""
        let (offset, scale): (Double, Double) =
            if shape.count > 1 {
                (0, (4.5 / Double(count / shape[0])).squareRoot())
            } else {
                switch last {
                case "bias": (0, 0.2)
                case "running_mean": (0, 0.3)
                default: (1, 0.5)
                }
            }
        return HashFill.samples(name, count).map { Float(offset + scale * $0) }
    }

    private func model(_ path: String, backbone: String? = nil) throws -> PortableModel {
        try PortableModel(hub: try HubFolder(path: path), backbone: backbone, registry: registry)
    }

    @Test(arguments: [
        ("vit", "vit_tiny_patch16_224"), ("convnext", "convnext_atto"), ("resnet", "resnet18"),
        ("regnet", "regnet_y_400mf"), ("swin", "swin_t"), ("timm_regnety_004", "regnet_y_400mf"),
        ("timm_tf_efficientnet_lite0", "efficientnet_lite0"),
    ])
    func `the network is found by its tensors and answers as its publisher's`(name: String, backbone: String) throws {
        let (path, answer) = try folder(name)
        let model = try model(path)
        #expect(model.metadata.backbone == backbone)
        #expect(model.metadata.classes == ["pizza", "steak", "sushi"])
        let plan = try InferencePlan(
            try model.model.graph(), weights: model.tensors, imageSize: Extent(answer.side))
        let logits = try plan.run(HashFill.input(height: answer.side, width: answer.side)).elements
        let largest = answer.logits.map(abs).max() ?? 0
        let error = zip(logits, answer.logits).map { abs($0 - $1) }.max() ?? .infinity
        #expect(error <= 1e-5 * largest)
    }

    @Test func `pictures are prepared as the folder says`() throws {
        let convnext = try model(folder("convnext").path)
        #expect(
            convnext.metadata.preprocessing
                == Preprocessing(
                    resize: 256, crop: 224, interpolation: .bicubic, mean: [0.5, 0.5, 0.5],
                    std: [0.5, 0.5, 0.5]))
        let regnet = try model(folder("regnet").path).metadata.preprocessing
        #expect((regnet.resize, regnet.crop) == (232, 224))
        let lite = try model(folder("timm_tf_efficientnet_lite0").path).metadata.preprocessing
        #expect(lite == .symmetric(resize: 256, crop: 224, interpolation: .bicubic))
        let vit = try model(folder("vit").path)
        #expect(vit.metadata.preprocessing == .symmetric(resize: 224, crop: 224, interpolation: .bicubic))
        #expect(vit.notes.contains { $0.contains("squeezed to a square") })
        // Its layer norms are those of the network that was found.
        #expect(try !model(folder("swin").path).notes.contains { $0.contains("layer norms") })
        #expect(
            convnext.notes.contains { $0.contains("layer norms add 1e-12 to the variance") })
        // resnet's folder does not say it.
        let resnet = try model(folder("resnet").path)
        #expect(resnet.notes.contains { $0.contains("does not say how pictures are prepared") })
    }

    @Test func `a network that differs in its margins is not taken for the same`() throws {
        let (path, _) = try folder("timm_efficientnet_lite0")
        #expect(
            desk.line { _ = try model(path) }
                == "timm_efficientnet_lite0: timm's network is padded in another way than 'efficientnet_lite0', with the "
                + "same tensors: expected 'tf_efficientnet_lite0', found efficientnet_lite0")
    }

    @Test func `what does not fit is said`() throws {
        let (path, _) = try folder("resnet", without: "resnet.encoder.stages.3.layers.1.layer.1.convolution.weight")
        #expect(
            desk.line { _ = try model(path) }
                == "resnet: no registered network has these tensors: found 'resnet', 101 tensors; graft models lists those "
                + "that are known; --backbone NAME says what does not fit")
        #expect(desk.line { _ = try model(path, backbone: "resnet18") }.contains("layer4.1.conv2.weight"))
    }

    @Test(arguments: [
        ("{", "config.json: the description cannot be read: expected JSON, found "),
        ("{}", "config.json: the description does not say which network it is of: expected a key 'model_type'"),
        (
            #"{"model_type": "resnet", "id2label": {"1": "a", "2": "b"}}"#,
            "config.json: id2label: the classes are not numbered from 0: expected 0 to 1, found no 0"
        ),
        (#"{"model_type": "resnet"}"#, "resnet: no weights beside the description"),
    ])
    func `a folder that is none is refused in a line`(config: String, message: String) throws {
        let path = desk.file("resnet")
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        try Data(config.utf8).write(to: URL(filePath: "\(path)/config.json"))
        let line = desk.line { _ = try HubFolder(path: path) }
        #expect(line.contains(message), "\(line)")
    }

    @Test func `weights in several files are refused with what helps`() throws {
        let path = desk.file("large")
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        try Data(#"{"model_type": "vit"}"#.utf8).write(to: URL(filePath: "\(path)/config.json"))
        try Data("{}".utf8).write(to: URL(filePath: "\(path)/model.safetensors.index.json"))
        let line = desk.line { _ = try HubFolder(path: path) }
        #expect(line.contains("the weights are in several files"))
        #expect(line.contains("max_shard_size"))
    }
}
