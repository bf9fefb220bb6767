import Exchange
import Foundation
import Heads
import TestSupport
import Testing
import Weights
import Zoo

/// A network of a few layers with published weights made by a hash.
struct TinyBackbone: Backbone {
    static let variants = ["tiny", "tiny_too"]
    let name: String

    init(variant: String) { name = variant }

    var preprocessing: Preprocessing { .imageNet(resize: 36, crop: 32, interpolation: .bilinear) }

    var features: [any Layer] {
        Sequential {
            Conv(8, kernel: 3, stride: 2).named("conv")
            Norm().named("norm")
            Activation.silu.named("act")
            Conv(16, kernel: 3, stride: 2, padding: .same).named("conv2")
            Activation.relu.named("act2")
        }.named("features")
    }

    var pretrained: [PretrainedEntry] {
        [
            PretrainedEntry(
                name: "made", url: "https://example.org/made", sha256Prefix: "00", preprocessing: preprocessing,
                classes: ["one", "two", "three"], accuracy: 0, licence: "CC0", source: "a test")
        ]
    }
}

struct TinyWeights: WeightSource {
    let name = "test"

    func locate(_ entry: PretrainedEntry, of backbone: any Backbone) -> WeightLocation? { .memory }

    func load(
        _ entry: PretrainedEntry, of backbone: any Backbone, progress: @Sendable (WeightProgress) -> Void
    ) throws(GraftError) -> LoadedWeights? {
        var options = Options()
        let head = try LinearHead(options: &options, for: backbone)
        let tensors = HashFill.weights(for: try Model(backbone: backbone, head: head, outputs: 3).graph())
        return LoadedWeights(tensors: tensors, sha256: tensors.weightsSHA256, origin: "made up")
    }
}

/// A registry, models and a folder of one test.
final class Desk: Sendable {
    let path: String
    let registry: Registry

    init() throws {
        path = NSTemporaryDirectory() + "/graft-exchange-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        var registry = Registry()
        try registry.register(TinyBackbone.self)
        try registry.register(LinearHead.self)
        try registry.register(MLPHead.self)
        registry.register(TinyWeights())
        self.registry = registry
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func file(_ name: String) -> String { "\(path)/\(name)" }

    func bytes(_ name: String) throws -> Data { try Data(contentsOf: URL(fileURLWithPath: file(name))) }

    func open(_ name: String) throws -> PortableModel { try PortableModel(file(name), registry: registry) }

    /// The tensors and description of a tuned model: a head of hidden layers on the published backbone, everything said
    /// that a description can say.
    func tuned() throws -> (tensors: StateDict, metadata: ModelMetadata) {
        var metadata = ModelMetadata(
            backbone: "tiny", pooling: "avg+max",
            head: .init(kind: "mlp", options: ["hidden": .list([.number(6)]), "dropout": .number(0.25)]),
            classes: ["pizza", "Käse", "a \"b\"\n"],
            preprocessing: Preprocessing(
                resize: 40, crop: 36, interpolation: .bicubic, mean: [0.1, 0.2, 0.3], std: [0.4, 0.5, 0.6]),
            licence: "CC0", source: "a test", configuration: "backbone: tiny\n", seed: 9_007_199_254_740_993,
            metrics: ["accuracy": .number(0.1)], edits: [.string("renamed")])
        let graph = try metadata.model(registry: registry).graph()
        let tensors = HashFill.weights(for: graph)
        let (prefix, _) = try graph.cut(after: Model.pooledStage)
        metadata.base = .init(name: "tiny/made", sha256: HashFill.weights(for: prefix).weightsSHA256)
        return (tensors, metadata)
    }

    /// Writes the tuned model as Graft writes models.
    func writeTuned(to name: String) throws {
        let (tensors, metadata) = try tuned()
        try NPZ.write(tensors, metadata: metadata, to: file("raw-\(name)"))
        try open("raw-\(name)").write(to: file(name))
    }

    /// The one line that a user would see, with the folder left out; "no error" where there is none.
    func line(_ body: () throws -> Void) -> String {
        do {
            try body()
            return "no error"
        } catch {
            return "\(error)".replacingOccurrences(of: path + "/", with: "")
        }
    }
}
