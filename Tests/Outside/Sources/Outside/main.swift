import Foundation
import Graft

// Uses Graft as another package would, and fails where the result is not what it must be. Run by `make test`.

struct Mismatch: Error, CustomStringConvertible {
    let description: String
}

func expect(_ condition: Bool, _ what: String, line: Int = #line) throws {
    guard condition else { throw Mismatch(description: "main.swift:\(line): \(what)") }
}

func message(_ body: () throws -> Void) -> String {
    do { try body() } catch { return "\(error)" }
    return "no error"
}

/// One run with a backbone, a head and a source of weights that Graft has never heard of.
func checkPlugins(sample: String, scratch: String) async throws {
    var registry = try Registry.builtIn()
    try registry.register(TinyVGG.self)
    try registry.register(TinyTransformer.self)
    try registry.register(NarrowHead.self)
    registry.register(RecipeSource(), first: true)

    var configuration = TrainingConfiguration(train: "\(sample)/train")
    configuration.data.test = "\(sample)/test"
    configuration.backbone = "tiny_vgg_wide"
    configuration.pooling = .avgMax
    configuration.head.kind = "narrow"
    configuration.head.options = ["width": .number(12)]
    configuration.train.epochs = 40
    configuration.train.optimizer.learningRate = 0.01
    configuration.output = "\(scratch)/run"
    configuration.cache = false
    var epochs = 0
    var finished: TrainingResult?
    for try await event in TrainingRun(configuration, registry: registry).events {
        switch event {
        case .epoch: epochs += 1
        case .finished(let result): finished = result
        default: break
        }
    }
    let result = try value(finished, "a result")
    try expect(epochs == 40, "\(epochs) epochs told")
    let test = try value(result.test, "a test result")
    print("own backbone, head and source: \(test)")
    try expect(result.classes == ["pizza", "steak", "sushi"], "classes \(result.classes)")
    try expect((test.correct ?? 0) > 15, "chance is 10 of 30, found \(test)")

    // Saved and loaded: what the file says, the numbers, the answers.
    let saved = try ImportedModel(path: result.model)
    try expect(saved.metadata.head.kind == "narrow", "head \(saved.metadata.head)")
    try expect(saved.metadata.head.options == ["width": .number(12)], "options \(saved.metadata.head.options)")
    try expect(saved.metadata.base?.name == "tiny_vgg_wide/recipe", "base \(saved.metadata.base?.name ?? "none")")
    try expect(saved.tensors["block_1.0.weight"]?.shape == [32, 3, 3, 3], "the first convolution's shape")
    try expect(saved.tensors["head.narrow.weight"]?.shape == [12, 64], "the head's shape")
    try PortableModel(saved, name: "own", registry: registry).write(to: "\(scratch)/model.safetensors")
    let again = try WeightFile(path: "\(scratch)/model.safetensors").load()
    try expect(
        saved.tensors.names.allSatisfy { again[$0] == saved.tensors[$0] } && again.count == saved.tensors.count,
        "tensors through safetensors")

    let model = try await LoadedModel.load(result.model, registry: registry)
    let evaluation = try await model.evaluate("\(sample)/test").assessment
    try expect(evaluation == test, "\(evaluation) after loading, \(test) before")
    let sushi = try pictures("\(sample)/test/sushi")
    let answers = try await model.classify(sushi.map { .path($0) }, top: 3)
    try expect(answers.skipped.isEmpty && answers.predictions.count == 10, "ten answers")
    for prediction in answers.predictions {
        let sum = prediction.top.reduce(0) { $0 + $1.probability }
        try expect(prediction.top.count == 3 && abs(sum - 1) < 1e-9, "probabilities of \(prediction.path)")
    }

    // Eight callers at once, one of whom gives up: the others get the bits that they get alone.
    let bytes = try sushi.prefix(8).map { [UInt8](try Data(contentsOf: URL(fileURLWithPath: $0))) }
    let together = await classifyConcurrently(bytes, with: model)
    for (index, answer) in together.enumerated() where index > 0 {
        try expect(answer?.logits == answers.predictions[index].logits, "the same bits for picture \(index)")
    }
    try expect(together[0] == nil || together[0]?.logits == answers.predictions[0].logits, "given up, or right")

    // Changed: a class more, and a head of another kind.
    var edit = ClassEdit()
    edit.add = ["ramen"]
    let wider = try await saved.editing(edit, registry: registry).model
    try expect(try LoadedModel(wider, registry: registry).classes.last == "ramen", "the class that was added")
    configuration.head = TrainingConfiguration.HeadChoice()
    let linear = try saved.retargeted(configuration, registry: registry)
    try expect(linear.report.missing.isEmpty && !linear.report.mismatched.isEmpty, "\(linear.report)")

    // Refused: names that are taken or unknown.
    try expect(
        message { try registry.register(TinyVGG.self) }.hasPrefix(
            "backbone 'tiny_vgg' is registered already, at outside/main.swift:"), "a name that is taken")
    let stranger = message { _ = try LoadedModel(result.model, registry: try Registry.builtIn()) }
    try expect(stranger.contains("unknown backbone 'tiny_vgg_wide'"), stranger)
}

/// A loss and an update rule of this package, by their names in a configuration.
func checkLearning(sample: String, scratch: String) async throws {
    var registry = try Registry.builtIn()
    try registry.register(TinyVGG.self)
    try registry.register(PolyLoss.self)
    try registry.register(SignSGD.self)
    let text: [String: OptionValue] = [
        "data": .map(["train": .string("\(sample)/train"), "test": .string("\(sample)/test")]),
        "backbone": .string("tiny_vgg_wide"), "weights": .string("none"), "pooling": .string("avg+max"),
        "train": .map([
            "epochs": .number(20), "loss": .map(["kind": .string("poly"), "epsilon": .number(2)]),
            "optimizer": .map(["kind": .string("sign_sgd"), "learning_rate": .number(0.005)]),
        ]),
        "output": .string("\(scratch)/learning"), "cache": .bool(false),
    ]
    let configuration = try TrainingConfiguration(options: Options(text), registry: registry)
    let result = try await TrainingRun(configuration, registry: registry).run()
    let (first, last) = (result.epochs[0].trainLoss, result.epochs[19].trainLoss)
    print("own loss and update rule: from \(first) to \(last)")
    try expect(last < 0.8 * first, "the loss fell from \(first) to \(last)")
    let unknown = message { _ = try TrainingConfiguration(options: Options(text)) }
    try expect(unknown.contains("train.optimizer.kind: unknown value 'sign_sgd'"), unknown)
}

/// Pictures in a format that this package adds: in a folder, on disk and as bytes.
func checkFormat(sample: String, scratch: String) async throws {
    let before = PictureFormats.names
    try PictureFormats.register(PortablePixmap())
    try expect(before == "JPEG, PNG, WebP or BMP", "a build without further libraries reads \(before)")
    try expect(PictureFormats.names == "JPEG, PNG, WebP, BMP or PPM", PictureFormats.names)
    let folder = "\(scratch)/pixmaps"
    for kind in ["pizza", "steak"] {
        try FileManager.default.createDirectory(atPath: "\(folder)/\(kind)", withIntermediateDirectories: true)
        for (number, path) in try pictures("\(sample)/train/\(kind)").prefix(3).enumerated() {
            let picture = try Picture(path: path)
            let header = "P6\n# by hand\n\(picture.width) \(picture.height)\n255\n"
            let file = "\(folder)/\(kind)/\(number).ppm"
            try Data(Array(header.utf8) + picture.pixels).write(to: URL(fileURLWithPath: file))
            try expect(try Picture(path: file) == picture, "the pixels of \(file)")
        }
    }
    var registry = try Registry.builtIn()
    try registry.register(TinyVGG.self)
    var configuration = TrainingConfiguration(train: folder)
    configuration.backbone = "tiny_vgg"
    configuration.weights = "none"
    configuration.data.split = 0.34
    configuration.train.epochs = 1
    configuration.output = "\(scratch)/pixmap-run"
    configuration.cache = false
    let result = try await TrainingRun(configuration, registry: registry).run()
    try expect(result.trainImages + result.testImages == 6, "six pixmaps, found \(result)")
    let cut = message { _ = try Picture(bytes: Array("P6 3 3 255\n".utf8), name: "a.ppm") }
    try expect(cut == "a.ppm: the PPM file is cut off; get a complete copy of it", cut)
    print("own picture format: read from folders, files and bytes")
}

func value<T>(_ optional: T?, _ what: String) throws -> T {
    guard let optional else { throw Mismatch(description: "no \(what)") }
    return optional
}

func pictures(_ folder: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder).sorted().map { "\(folder)/\($0)" }
}

do {
    let sample = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("../../../Fixtures/sample").standardizedFileURL.path
    let scratch = NSTemporaryDirectory() + "/graft-outside-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: scratch, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: scratch) }
    let picture = try value(pictures("\(sample)/test/pizza").first, "picture")
    let prediction = try await trainTinyVGG(on: "\(sample)/train", into: "\(scratch)/first", then: picture)
    try expect(prediction.top.count == 1, "an answer of the document's example")
    try await checkPlugins(sample: sample, scratch: scratch)
    try await checkLearning(sample: sample, scratch: scratch)
    try await checkFormat(sample: sample, scratch: scratch)
    print("outside: all as it must be")
} catch {
    FileHandle.standardError.write(Data("outside: \(error)\n".utf8))
    exit(1)
}
