import Objectives
import RunConfiguration
import Data
import Engine
import Foundation
import Heads
import Images
import Inference
import Learning
import Report
import Runs
import Synchronization
import Testing
import Weights
import Zoo

/// Two convolutions, and weights that a test source makes up.
struct TinyBackbone: Backbone {
    static let variants = ["tiny"]
    let name: String

    init(variant: String) { name = variant }

    var preprocessing: Preprocessing { .imageNet(resize: 18, crop: 16, interpolation: .bilinear) }

    var features: [any Layer] {
        Sequential {
            Conv(8, kernel: 3, stride: 2).named("conv")
            Norm().named("norm")
            Activation.relu.named("act")
            Conv(16, kernel: 3, stride: 2).named("conv2")
            Activation.relu.named("act2")
        }.named("features")
    }

    var pretrained: [PretrainedEntry] {
        ["made", "other"].map { name in
            PretrainedEntry(
                name: name, url: "https://example.org/\(name)", sha256Prefix: "00", preprocessing: preprocessing,
                classes: ["one", "two", "three"], accuracy: 0, licence: "CC0", source: "a test")
        }
    }
}

struct TinyWeights: WeightSource {
    let name = "test"

    func locate(_ entry: PretrainedEntry, of backbone: any Backbone) -> WeightLocation? { .memory }

    func load(
        _ entry: PretrainedEntry, of backbone: any Backbone, progress: @Sendable (WeightProgress) -> Void
    ) throws(GraftError) -> LoadedWeights? {
        let head = try LinearHead(backbone)
        let graph = try Model(backbone: backbone, head: head, outputs: entry.classes.count).graph()
        let tensors = Initializer(seed: entry.name == "made" ? 1 : 2).fill(graph)
        return LoadedWeights(tensors: tensors, sha256: tensors.weightsSHA256, origin: "made up")
    }
}

extension LinearHead {
    init(_ backbone: any Backbone) throws(GraftError) {
        var options = Options()
        try self.init(options: &options, for: backbone)
    }
}

/// Folders of plain pictures, red, green or blue, which any network tells apart.
struct TinyData {
    let scratch: ScratchFolder
    let registry: Registry

    init(train: Int = 8, test: Int = 4) throws {
        scratch = try ScratchFolder()
        var registry = Registry()
        try registry.register(TinyBackbone.self)
        try registry.register(LinearHead.self)
        try registry.register(MLPHead.self)
        try registry.register(PrototypeHead.self)
        try registry.register(CosineHead.self)
        try registry.register(NeighboursHead.self)
        try registry.register(LogisticHead.self)
        try registry.register(RidgeHead.self)
        registry.register(TinyWeights())
        self.registry = registry
        for (part, count) in [("train", train), ("test", test)] {
            for (label, name) in ["red", "green", "blue"].enumerated() {
                for index in 0..<count {
                    try scratch.write(
                        "\(part)/\(name)/\(index).jpg", Self.picture(label, shade: index * 7 + (part == "test" ? 3 : 0))
                    )
                }
            }
        }
    }

    static func picture(_ label: Int, shade: Int) throws -> [UInt8] {
        let pixels = (0..<24 * 20).flatMap { pixel in
            (0..<3).map { channel in UInt8(channel == label ? 180 + shade % 60 : 20 + (pixel * 7 + shade * 13) % 50) }
        }
        return try Picture(width: 24, height: 20, pixels: pixels).jpeg(quality: 90)
    }

    var output: String { "\(scratch.path)/out" }

    func configuration(_ change: (inout [String: OptionValue]) -> Void = { _ in }) throws -> TrainingConfiguration {
        var options: [String: OptionValue] = [
            "backbone": .string("tiny"), "cache": .bool(false),
            "data": .map(["train": .string("\(scratch.path)/train"), "test": .string("\(scratch.path)/test")]),
            "train": .map([
                "epochs": .number(12), "batch_size": .number(8),
                "optimizer": .map(["kind": .string("adam"), "learning_rate": .number(0.05)]),
            ]),
            "output": .string(output),
        ]
        change(&options)
        return try TrainingConfiguration(options: Options(options), text: "backbone: tiny\n")
    }

    func run(
        threads: Int? = nil, _ change: (inout [String: OptionValue]) -> Void = { _ in }
    ) throws -> TrainingResult {
        try TrainingRun(try configuration(change), registry: registry, threads: threads).runHere()
    }
}

func asyncErrorText(_ body: () async throws -> Void) async -> String {
    do {
        try await body()
        return "no error"
    } catch let error as GraftError {
        return error.description
    } catch {
        return "another error: \(error)"
    }
}

func errorText(_ body: () throws -> Void) -> String {
    do {
        try body()
        return "no error"
    } catch {
        return "\(error)"
    }
}

@Suite struct RunTests {
    @Test func leavesACompleteModelAndReport() async throws {
        let data = try TinyData()
        let result = try data.run()
        #expect(result.classes == ["blue", "green", "red"])
        #expect(result.trainImages == 24)
        #expect(result.testImages == 12)
        #expect(result.test?.correct == 12)
        #expect(result.epochs.count == 12)
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: data.output).sorted()
                == ["config.yaml", "curves.svg", "metrics.jsonl", "model.npz", "report.html"])
        #expect(try String(contentsOfFile: "\(data.output)/config.yaml", encoding: .utf8) == "backbone: tiny\n")
        let lines = try String(contentsOfFile: "\(data.output)/metrics.jsonl", encoding: .utf8)
            .split(separator: "\n").map { try JSONDecoder().decode(EpochRecord.self, from: Data($0.utf8)) }
        #expect(lines == result.epochs)
        #expect(try String(contentsOfFile: result.report, encoding: .utf8).contains("12 <small>of</small> 12"))

        let metadata = try #require(try WeightFile(path: result.model).metadata)
        #expect(metadata.classes == result.classes)
        #expect(metadata.backbone == "tiny")
        #expect(metadata.head.kind == "linear")
        #expect(metadata.preprocessing == TinyBackbone(variant: "tiny").preprocessing)
        #expect(metadata.base?.name == "tiny/made")
        #expect(metadata.licence == "CC0")
        #expect(metadata.seed == 42)
        #expect(metadata.configuration == "backbone: tiny\n")

        // Another process needs the file only.
        let classifier = try LoadedModel(result.model, registry: data.registry)
        let evaluation = try await classifier.evaluate("\(data.scratch.path)/test")
        #expect(evaluation.assessment == result.test)
        #expect(evaluation.assessment.correct == 12)
    }

    @Test func equalRunsGiveEqualModels() throws {
        let data = try TinyData()
        func model(_ threads: Int) throws -> Data {
            try Data(contentsOf: URL(filePath: try data.run(threads: threads).model))
        }
        let first = try model(1)
        #expect(try model(3) == first)
        #expect(try model(2) == first)
    }

    @Test func theCacheChangesNothingButTime() throws {
        let data = try TinyData()
        let cache = "\(data.scratch.path)/cache"
        func model(cached: Int) throws -> Data {
            let run = TrainingRun(
                try data.configuration { $0["cache"] = .bool(true) }, registry: data.registry, cacheDirectory: cache)
            let seen = Mutex(0)
            let result = try run.runHere { event in
                if case .features(let progress) = event { seen.withLock { $0 = progress.cached } }
            }
            #expect(seen.withLock { $0 } == cached)
            return try Data(contentsOf: URL(filePath: result.model))
        }
        #expect(try model(cached: 0) == model(cached: 36))
    }

    @Test func holdsOutAShareWhereThereIsNoTestFolder() throws {
        let data = try TinyData()
        let train = "\(data.scratch.path)/train"
        let result = try data.run { $0["data"] = .map(["train": .string(train), "split": .number(0.25)]) }
        #expect(result.trainImages == 18)
        #expect(result.testImages == 6)
        #expect(result.notes == ["6 pictures of 24 held out for testing (25 % of every class, data.split)"])

        let all = try data.run { $0["data"] = .map(["train": .string(train), "split": .number(0)]) }
        #expect(all.trainImages == 24)
        #expect(all.test == nil)
        #expect(all.notes == ["data.split is 0 and there is no data.test: nothing is known about new pictures"])
        #expect(try String(contentsOfFile: all.report, encoding: .utf8).contains("There is no test set"))
    }

    @Test func brokenPicturesAreSkippedAndListed() throws {
        let data = try TinyData()
        let broken = try data.scratch.write(
            "train/red/broken.jpg", Array(try TinyData.picture(0, shade: 0).prefix(300)))
        let text = try data.scratch.write("test/blue/text.png", Array("hello".utf8))
        let result = try data.run()
        #expect(result.trainImages == 24)
        #expect(result.testImages == 12)
        #expect(
            result.skipped == [
                SkippedFile(path: broken, reason: "the JPEG file is cut off; get a complete copy of it"),
                SkippedFile(path: text, reason: "not a picture file: expected \(PictureFormats.names), found text"),
            ])
        #expect(
            errorText { _ = try data.run { $0["strict"] = .bool(true) } }
                == "\(broken): the JPEG file is cut off; get a complete copy of it; mend or remove it, or leave out strict "
                + "to skip it")
    }

    @Test func everyClassNeedsAPicture() throws {
        let data = try TinyData(train: 1)
        let broken = try data.scratch.write("train/red/0.jpg", [0xFF, 0xD8, 0xFF])
        let text = errorText { _ = try data.run() }
        #expect(text.hasPrefix("\(broken): no picture of class 'red' can be read: found "))
        #expect(!FileManager.default.fileExists(atPath: data.output))
    }

    @Test func leaksAreNoted() throws {
        let data = try TinyData()
        let root = data.scratch.path
        let copy = try TinyData.picture(0, shade: 0)
        try data.scratch.write("test/red/copy.jpg", copy)
        try data.scratch.write("train/green/wrong.jpg", copy)
        #expect(
            try data.run().notes == [
                "1 test picture is also among the training pictures ('\(root)/test/red/copy.jpg' is "
                    + "'\(root)/train/green/wrong.jpg'): the test flatters the model",
                "1 picture is in two classes ('\(root)/train/green/wrong.jpg' is '\(root)/train/red/0.jpg')",
            ])
    }

    @Test func aFailedRunLeavesWhatWasThere() throws {
        let data = try TinyData()
        _ = try data.run()
        let before = try Data(contentsOf: URL(filePath: "\(data.output)/model.npz"))
        let broken = try data.scratch.write("broken/red/0.jpg", [0xFF, 0xD8, 0xFF])
        let root = data.scratch.path
        let text = errorText {
            _ = try data.run {
                $0["data"] = .map(["train": .string("\(root)/train"), "test": .string("\(root)/broken")])
            }
        }
        #expect(text.hasPrefix("\(root)/broken: no test picture can be read: found "))
        #expect(!text.contains(broken))
        #expect(try Data(contentsOf: URL(filePath: "\(data.output)/model.npz")) == before)
        #expect(try FileManager.default.contentsOfDirectory(atPath: data.output).count == 5)
    }

    @Test func theOutputMustBeOursToReplace() throws {
        let data = try TinyData()
        let notes = try data.scratch.write("out/thesis.txt")
        #expect(
            errorText { _ = try data.run() }
                == "\(data.output): the output folder holds other things than an earlier run's results: found 'thesis.txt'; "
                + "choose another with --output, or an empty one")
        #expect(try FileManager.default.contentsOfDirectory(atPath: data.output) == ["thesis.txt"])
        #expect(
            errorText { _ = try data.run { $0["output"] = .string(notes) } }
                == "\(notes): the output is in the way of a file: expected a folder or nothing; choose another with --output"
        )
    }

    @Test func newFoldersAreRemovedWhenARunFails() throws {
        let data = try TinyData()
        let output = "\(data.scratch.path)/a/b/c"
        _ = errorText {
            _ = try data.run { options in
                options["output"] = .string(output)
                options["weights"] = .string("\(data.scratch.path)/no.npz")
            }
        }
        #expect(!FileManager.default.fileExists(atPath: "\(data.scratch.path)/a"))
    }

    // MARK: classifier

    @Test func classifiesInOrderAndListsWhatItCannotRead() async throws {
        let data = try TinyData()
        let model = try data.run().model
        let classifier = try LoadedModel(model, registry: data.registry, threads: 3)
        let root = "\(data.scratch.path)/test"
        let broken = try data.scratch.write("test/red/00.jpg", [1, 2, 3])
        let paths = ["\(root)/red/0.jpg", broken, "\(root)/blue/1.jpg", "\(root)/green/2.jpg"]
        let result = try await classifier.classify(paths.map { .path($0) }, top: 2)
        #expect(result.predictions.map(\.path) == [paths[0], paths[2], paths[3]])
        #expect(result.predictions.map { $0.top.map(\.name).first } == ["red", "blue", "green"])
        #expect(result.predictions.map { $0.top.map(\.index).first } == [2, 0, 1])
        #expect(result.predictions.allSatisfy { $0.top.count == 2 && $0.logits?.count == 3 })
        #expect(result.skipped.map(\.path) == [broken])
        let alone = try LoadedModel(model, registry: data.registry, threads: 1)
        #expect(try await alone.classify(paths.map { .path($0) }, top: 2) == result)
        let page = classifier.page(of: result)
        #expect(page.components(separatedBy: "<figure").count == 4)

        let embedded = try await classifier.embed([.path(paths[0]), .path(paths[2])])
        #expect(embedded.features.shape == [2, 16])
        #expect(try PictureList.expand(["\(root)/red", paths[2]]).count == 6)
    }

    @Test func pretrainedNamesNeedNoTraining() async throws {
        let data = try TinyData()
        let classifier = try LoadedModel("tiny", registry: data.registry)
        #expect(classifier.classes == ["one", "two", "three"])
        let prediction = try await classifier.classify([.path("\(data.scratch.path)/test/red/0.jpg")]).predictions[0]
        #expect(prediction.top.count == 3)
        #expect(abs(prediction.top.reduce(0) { $0 + $1.probability } - 1) < 1e-9)
        #expect(try LoadedModel("tiny/other", registry: data.registry).name == "tiny/other")
        #expect(
            errorText { _ = try LoadedModel("tinny", registry: data.registry) }
                == "unknown backbone 'tinny'; did you mean 'tiny'?")
        #expect(
            errorText { _ = try LoadedModel("tiny/mad", registry: data.registry) }
                == "unknown weights of tiny 'mad'; did you mean 'made'?")
        #expect(
            errorText { _ = try LoadedModel("no/model.npz", registry: data.registry) } == "no/model.npz: no such file")
    }

    @Test func samplesAreLabelledWhereverTheyAppear() async throws {
        let data = try TinyData()
        try data.scratch.write("SAMPLE", Array("Drawn <by> a test.\nMore.".utf8))
        let result = try data.run()
        let label = "<p class=\"strip\">Drawn &lt;by&gt; a test.</p>"
        #expect(try String(contentsOfFile: result.report, encoding: .utf8).contains(label))
        let classifier = try LoadedModel(result.model, registry: data.registry)
        let answers = try await classifier.classify([.path("\(data.scratch.path)/test/red/0.jpg")])
        #expect(classifier.page(of: answers).contains(label))
    }

    /// As a trainer leaves a model and the average of it in one file.
    @Test func weightsMayBeASetOfAFile() throws {
        let data = try TinyData(train: 2, test: 1)
        let backbone = TinyBackbone(variant: "tiny")
        let graph = try Model(backbone: backbone, head: try LinearHead(backbone), outputs: 3).graph()
        let (own, average) = (Initializer(seed: 8).fill(graph), Initializer(seed: 9).fill(graph))
        var both = StateDict()
        for name in own.names {
            both["model.\(name)"] = own[name]
            both["ema.\(name)"] = average[name]
        }
        let file = "\(data.scratch.path)/both.safetensors"
        try Safetensors.write(both, to: file)
        func trained(_ weights: OptionValue) throws -> Tensor? {
            let result = try data.run { options in
                options["weights"] = weights
                options["train"] = .map(["epochs": .number(1)])
            }
            return try WeightFile(path: result.model).load()["features.conv.weight"]
        }
        #expect(try trained(.string(file)) == own["features.conv.weight"])
        #expect(
            try trained(.map(["file": .string(file), "set": .string("ema")])) == average["features.conv.weight"])
        #expect(
            errorText { _ = try trained(.map(["file": .string(file), "set": .string("emma")])) }
                == "\(file): the file has no weights 'emma': expected one of: model, ema; did you mean 'ema'?")
        #expect(
            errorText { _ = try trained(.map(["file": .string("none.pth"), "set": .string("ema")])) }
                == "none.pth: no such file")
    }

    @Test func weightsMayBeAModelFile() throws {
        let data = try TinyData()
        let first = try data.run()
        let copy = "\(data.scratch.path)/first.npz"
        try FileManager.default.copyItem(atPath: first.model, toPath: copy)
        let result = try data.run { $0["weights"] = .string(copy) }
        let metadata = try #require(try WeightFile(path: result.model).metadata)
        #expect(metadata.base?.name == "first.npz")
        #expect(metadata.licence == "CC0")
        // The backbone is the same, and so is the head that was learnt on it.
        #expect(metadata.weightsSHA256 == (try WeightFile(path: copy).metadata?.weightsSHA256))
        let random = try data.run { $0["weights"] = .string("none") }
        #expect(
            random.notes == ["the backbone's weights are random and stay so: expect little of its features"])
    }
}
