import RunConfiguration
import Data
import Engine
import Foundation
import Heads
import Inference
import Learning
import Runs
import Weights
import Zoo

/// Three stages of layers that train quickly, with batch norm before and after pooling.
struct StagedBackbone: Backbone {
    static let variants = ["staged"]
    let name: String

    init(variant: String) { name = variant }

    var preprocessing: Preprocessing { .imageNet(resize: 12, crop: 10, interpolation: .bilinear) }

    var features: [any Layer] { Stage("stem", Norm()) }

    var neck: [any Layer] {
        Stage("wide") {
            Dense(24, bias: false)
            Norm()
            Activation.relu
        }
        Stage("deep") {
            Dense(12)
            Norm()
            Activation.relu
        }
    }
}

/// `TinyData` with the backbone above and a run that is quick.
struct StagedData {
    let data: TinyData
    let registry: Registry

    init(train: Int = 8, test: Int = 4) throws {
        data = try TinyData(train: train, test: test)
        var registry = data.registry
        try registry.register(StagedBackbone.self)
        self.registry = registry
    }

    func configuration(
        _ train: [String: OptionValue], output: String = "out", top: [String: OptionValue] = [:]
    ) throws -> TrainingConfiguration {
        let options: [String: OptionValue] = [
            "backbone": .string("staged"), "weights": .string("none"), "cache": .bool(false),
            "data": .map([
                "train": .string("\(data.scratch.path)/train"), "test": .string("\(data.scratch.path)/test"),
            ]),
            "train": .map(["epochs": .number(3), "batch_size": .number(8)].merging(train) { $1 }),
            "output": .string("\(data.scratch.path)/\(output)"),
        ]
        return try TrainingConfiguration(options: Options(options.merging(top) { $1 }), text: "backbone: staged\n")
    }

    func run(
        _ train: [String: OptionValue], output: String = "out", start: TrainingRun.Start = .new, threads: Int? = nil,
        memoryLimit: Int = 1 << 30, _ tell: @escaping @Sendable (TrainingEvent) -> Void = { _ in }
    ) throws -> TrainingResult {
        try TrainingRun(
            try configuration(train, output: output), registry: registry, start: start, threads: threads,
            memoryLimit: memoryLimit
        ).runHere(tell)
    }

    func bytes(_ path: String) throws -> Data { try Data(contentsOf: URL(filePath: path)) }

    /// The weights that training starts from.
    func base(seed: UInt64 = 42) throws -> StateDict {
        let backbone = StagedBackbone(variant: "staged")
        return Initializer(seed: seed).fill(
            try Model(backbone: backbone, head: LinearHead(backbone), classes: 3).graph())
    }
}

/// One phase of a configuration.
func phase(_ freeze: OptionValue, epochs: Double = 2, _ more: [String: OptionValue] = [:]) -> OptionValue {
    .map(["freeze": freeze, "epochs": .number(epochs)].merging(more) { $1 })
}
