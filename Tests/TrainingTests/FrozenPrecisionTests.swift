import Data
import Engine
import Exchange
import Foundation
import Heads
import Inference
import Learning
import RunConfiguration
import Runs
import Synchronization
import Testing
import Weights
import Zoo

/// `precision:` of a configuration: layers that are not trained compute so in training, and in the model that comes of it.
@Suite struct FrozenPrecisionTests {
    private func model(_ result: TrainingResult) throws -> (ModelMetadata, StateDict) {
        let file = try WeightFile(path: result.model)
        return (try #require(file.metadata), try file.load())
    }

    @Test func aHeadOnFeaturesInBFloat16() async throws {
        let data = try TinyData()
        let plain = try data.run()
        let (first, weights) = try model(plain)
        #expect(first.precision == nil && first.quantization == nil)
        let loaded = try LoadedModel(plain.model, registry: data.registry)
        #expect(loaded.content.precision == .float32)

        let result = try data.run { $0["precision"] = .string("bf16") }
        let (metadata, rounded) = try model(result)
        #expect(metadata.precision == ModelMetadata.Reduced(kind: "bf16", through: "pooled"))
        // The head has learnt from other features, the backbone is the same.
        #expect(rounded["classifier.weight"] != weights["classifier.weight"])
        #expect(rounded["features.conv.weight"] == weights["features.conv.weight"])
        #expect(result.notes.contains { $0.contains("compute in bf16") })

        let other = try LoadedModel(result.model, registry: data.registry)
        #expect(other.content.precision == .bfloat16Through("pooled"))
        #expect(try await other.evaluate("\(data.scratch.path)/test").assessment == result.test)
        // What the head reads is what it was trained on.
        let pictures = try ImageFolder(path: "\(data.scratch.path)/test").pictures.map { PictureInput.path($0.path) }
        let features = try await other.embed(pictures).features
        let bf16 = try await LoadedModel(try loaded.content.computing(in: .bfloat16)).embed(pictures).features
        #expect(features == bf16)
        #expect(try await loaded.embed(pictures).features != bf16)
        // Features of both are kept as the same.
        let graph = try other.model.graph(imageSize: Extent(other.preprocessing.crop))
        let prefix = try graph.prefix(through: Model.pooledStage)
        let (all, part) = (Precision.bfloat16, other.content.precision)
        #expect(try all.reach(in: prefix) == part.reach(in: prefix))
        #expect(try all.reach(in: graph) != part.reach(in: graph))
        #expect(try Precision.float32.reach(in: prefix) != all.reach(in: prefix))
        // The probe is of the weights, which other programs compute in float32.
        #expect(try SelfTest(other.content).passed)
    }

    /// What follows the cut is in float32.
    @Test func fineTuningBehindLayersInBFloat16() async throws {
        let staged = try StagedData()
        let configuration = try staged.configuration(
            ["freeze": .map(["stages": .number(1)])], top: ["precision": .string("bf16")])
        let result = try TrainingRun(configuration, registry: staged.registry).runHere()
        let (metadata, _) = try model(result)
        #expect(metadata.precision == ModelMetadata.Reduced(kind: "bf16", through: "wide"))
        let loaded = try LoadedModel(result.model, registry: staged.registry)
        #expect(try await loaded.evaluate("\(staged.data.scratch.path)/test").assessment == result.test)
    }

    /// Kernels of bfloat16 round differently too, where they are used.
    @Test func aCheckpointNamesTheKernelsOfBFloat16() throws {
        let staged = try StagedData(), set = try KernelSet.chosen()
        for (precision, kernels) in [("bf16", "\(set.name) and bf16 \(set.pairs.name)"), ("f32", set.name)] {
            let configuration = try staged.configuration([:], output: precision, top: ["precision": .string(precision)])
            let path = "\(configuration.output)/checkpoint.npz"
            let text = Mutex<String?>(nil)
            _ = try TrainingRun(configuration, registry: staged.registry).runHere { event in
                guard case .epoch(let record, _) = event, record.epoch > 1 else { return }
                let found = try? WeightFile(path: path).metadata?.checkpoint
                text.withLock { $0 = found ?? $0 }
            }
            let found = text.withLock { $0 } ?? "none"
            #expect(found.contains("\"Graft \(Version.current), \(kernels) kernels\""), "\(found)")
        }
    }

    @Test func nothingThatIsTrainedIsInBFloat16() throws {
        let data = try TinyData()
        #expect(
            errorText {
                _ = try data.run {
                    $0["precision"] = .string("bf16")
                    $0["train"] = .map(["epochs": .number(1), "freeze": .string("none")])
                }
            }
                == "precision: every layer is trained, and training is in float32: found bf16; leave it out, or freeze some "
                + "layers: train.freeze")
        #expect(
            errorText { _ = try data.run { $0["precision"] = .string("f16") } }
                == "precision: unknown value 'f16'; did you mean 'bf16'?")
        #expect(
            errorText { _ = try data.run { $0["precision"] = .string("int8") } }
                == "precision: the weights are not in 8 bits: expected f32 or bf16, found int8, and weights of tiny/made; "
                + "make a file that is: graft quantize")
    }

    /// Of a file in 8 bits: the backbone stays so, the new head is in float32.
    @Test func aHeadOnFeaturesInEightBits() async throws {
        let data = try TinyData()
        var (metadata, weights) = try model(try data.run())
        let graph = try metadata.model(registry: data.registry).graph(imageSize: 16)
        metadata.quantization = Quantization(
            ranges: Dictionary(uniqueKeysWithValues: graph.valueKeys.map { ($0, ByteRange(from: -4, to: 4)) }))
        metadata.probe = nil
        let file = "\(data.scratch.path)/int8.npz"
        try NPZ.write(weights, metadata: metadata, to: file)
        var rows: [String: Tensor] = [:]
        for precision in ["f32", "int8"] {
            let result = try data.run {
                $0["weights"] = .string(file)
                $0["precision"] = .string(precision)
            }
            let (made, tensors) = try model(result)
            rows[precision] = tensors["classifier.weight"]
            #expect((made.quantization != nil) == (precision == "int8"))
            #expect(made.quantization?.floatLayers.contains("classifier") ?? true)
            let loaded = try LoadedModel(result.model, registry: data.registry)
            #expect(try await loaded.evaluate("\(data.scratch.path)/test").assessment == result.test)
            #expect(try SelfTest(loaded.content).passed)
        }
        #expect(rows["f32"] != rows["int8"])
    }

    /// Rows of one precision are never taken for those of another.
    @Test func theCacheTellsPrecisionsApart() throws {
        let data = try TinyData()
        let cache = "\(data.scratch.path)/cache"
        func cached(_ precision: String) throws -> Int {
            let seen = Mutex(0)
            _ = try TrainingRun(
                try data.configuration {
                    $0["cache"] = .bool(true)
                    $0["precision"] = .string(precision)
                }, registry: data.registry, cacheDirectory: cache
            ).runHere { event in
                if case .features(let progress) = event { seen.withLock { $0 = progress.cached } }
            }
            return seen.withLock { $0 }
        }
        #expect(try cached("f32") == 0)
        #expect(try cached("bf16") == 0)
        #expect(try cached("f32") == 36)
        #expect(try cached("bf16") == 36)
    }

    @Test func filesThatSayNonsense() throws {
        let data = try TinyData()
        var (metadata, weights) = try model(try data.run { $0["precision"] = .string("bf16") })
        func error(_ kind: String, _ stage: String) throws -> String {
            metadata.precision = .init(kind: kind, through: stage)
            try NPZ.write(weights, metadata: metadata, to: "\(data.scratch.path)/x.npz")
            return errorText { _ = try LoadedModel("\(data.scratch.path)/x.npz", registry: data.registry) }
        }
        #expect(
            try error("fp8", "pooled").contains(
                "the model computes in a precision that this version does not know: expected bf16, found 'fp8'"))
        #expect(
            try error("bf16", "nowhere").contains("the model computes in bf16 up to a stage that it does not have"))
    }
}
