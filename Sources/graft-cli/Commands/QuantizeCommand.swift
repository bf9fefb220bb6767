import ArgumentParser
import Data
import Exchange
import Graft
import Inference
import Insight
import Weights
import Zoo

struct QuantizeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "quantize",
        abstract: "Make a model that computes in 8 bits: several times as fast, a quarter of the size.",
        discussion: """
            The pictures should be like those that the model will see. Half of them find the ranges of the numbers, the others
            judge what came of it; labels are not needed. Layers that do harm stay in float32 until the share of other pictures
            that is expected to get the same first answer is what --agreement asks for.

            The result is a model file like any other. It gives the same bits on every processor and number of threads where
            all of its layers are in 8 bits.

            EXAMPLES:
              graft quantize efficientnet_lite0 lite0_int8.npz --data photos/
              graft quantize runs/food/model.npz food_int8.npz --data data/food/train --agreement 0.995
            """)

    @Argument(help: "A model file, or a pretrained name.", completion: .file())
    var model: String

    @Argument(help: "The model file to write: .npz", completion: .file())
    var output: String

    @Option(
        help: ArgumentHelp("Pictures: a folder, with or without a folder for each class.", valueName: "folder"),
        completion: .directory)
    var data: String

    @Option(help: "The share of pictures that shall get the same first answer.")
    var agreement = 0.99

    @Option(help: "Threads. Default: GRAFT_THREADS, else the processors.")
    var threads: Int?

    @Flag(help: "Also the error of every layer.")
    var layers = false

    @Flag(help: "One JSON document on standard output.")
    var json = false

    func validate() throws {
        guard (0...1).contains(agreement) else { throw ValidationError("--agreement must be from 0 to 1.") }
        guard output.hasSuffix(".npz") else { throw ValidationError("The output's name must end in .npz.") }
    }

    func run() async throws {
        try OutputFile.check(output, inputs: [model])
        let loaded = try LoadedModel(model, registry: try Registry.builtIn(), threads: threads)
        guard loaded.metadata.quantization == nil else {
            throw GraftError(
                .invalidModel, "the model is in 8 bits already", file: model, remedy: "quantize the one it was made of")
        }
        try loaded.task.requireClasses("graft quantize", file: model)
        let progress = ProgressLine("reading", unit: "pictures")
        let pictures = try QuantizationPictures(folder: data, for: loaded) { progress.update(done: $0, total: $1) }
        progress.finish()
        for file in pictures.skipped { Terminal.complain("skipped \(file)", .bad) }
        let quantizer = try Quantizer(
            loaded, calibration: pictures.calibration, judged: pictures.judged, labels: pictures.labels,
            agreement: agreement)
        var last = ""
        let (made, report) = try quantizer.run { what, _, _ in
            if what != last { Terminal.complain("\(what) …", .quiet) }
            last = what
        }
        let written = try made.write(to: output)
        let sizes = QuantizationSizes(before: try Self.size(loaded.content, beside: output), after: written.path)
        if json { return try JSONOutput.show(report.document(written, sizes)) }
        show(report, sizes)
    }

    /// The bytes of the model as it was, in a file of the same format.
    private static func size(_ content: PortableModel, beside path: String) throws -> Int {
        if let size = FileSystem.facts(of: content.name)?.size, content.name.hasSuffix(".npz") { return size }
        let place = path + ".float32.npz"
        defer { FileSystem.remove(place) }
        try content.write(to: place)
        return FileSystem.facts(of: place)?.size ?? 0
    }

    private func show(_ report: QuantizationReport, _ sizes: QuantizationSizes) {
        let kept = report.layers.filter { !$0.isInt8 }
        print(
            "\(Terminal.styled("\(report.layers.count - kept.count) of \(report.layers.count) layers in 8 bits", .strong)), ranges from \(report.calibrated) pictures"
        )
        if !kept.isEmpty { print("In float32: \(kept.map(\.name).joined(separator: ", "))") }
        print(
            "Same first answer: \(Terminal.styled("\(report.agreeing) of \(report.judged)", .strong)) pictures that no range was found on"
        )
        print(
            "Expected of others: \(Terminal.styled("\(decimals(report.expectedAgreement * 100, 1)) %", .strong)) (asked for: \(decimals(report.asked * 100, 1)) %)"
        )
        if !report.holds { print("That is less than was asked for, with every layer in float32 that could help.") }
        if report.chosenByJudged > 0 {
            print(
                "\(NumberText.counted(report.chosenByJudged, "layer")) of these \(report.chosenByJudged == 1 ? "was" : "were") chosen by the same pictures: others may agree less."
            )
        }
        if let accuracy = report.accuracy {
            print(
                "Right: \(accuracy.before) of \(accuracy.total) before, \(accuracy.after) after (\(accuracy.onlyBefore) only before, \(accuracy.onlyAfter) only after)"
            )
        }
        var table = TextTable([("", .left), ("BEFORE", .right), ("AFTER", .right), ("", .right)])
        for speed in report.speed {
            table.add(
                "batch \(speed.batch), ms a picture", decimals(speed.before, 3), decimals(speed.after, 3),
                "\(decimals(speed.before / speed.after, 2)) times as fast")
        }
        table.add(
            "file, MB", decimals(Double(sizes.before) / 1e6, 2), decimals(Double(sizes.after) / 1e6, 2),
            "\(decimals(Double(sizes.after) / Double(max(1, sizes.before)) * 100, 0)) %")
        table.show()
        if layers {
            var table = TextTable([("LAYER", .left), ("ERROR", .right), ("", .left)])
            for layer in report.layers {
                table.add(layer.name, "\(decimals(layer.error * 100, 2)) %", layer.isInt8 ? "int8" : "float32")
            }
            table.show()
        }
        print("\(output.shown) is written.")
    }
}

/// The bytes of the files.
struct QuantizationSizes {
    let before: Int
    let after: Int

    init(before: Int, after path: String) {
        self.before = before
        after = FileSystem.facts(of: path)?.size ?? 0
    }
}
