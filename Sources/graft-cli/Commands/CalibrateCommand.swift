import ArgumentParser
import Data
import Exchange
import Graft
import Insight
import Report
import Weights
import Zoo

struct CalibrateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "calibrate",
        abstract: "Measure how sure a model may be, and make it so: 80 % shall be right 80 times in 100.",
        discussion: """
            The pictures must be ones that the model was not trained on. One number, the temperature, is fitted; it changes
            no answer and no order. With --output, a copy of the model keeps it.

            EXAMPLES:
              graft calibrate runs/food/model.npz data/held_out
              graft calibrate runs/food/model.npz data/held_out --output food.npz --html calibration.html
              graft calibrate runs/food/model.npz data/held_out --sets 90
            """)

    @Argument(help: "A model file, or a pretrained name.", completion: .file())
    var model: String

    @Argument(help: "A folder with a folder of pictures for each class.", completion: .file())
    var data: String

    @Option(name: .shortAndLong, help: "The model file to write, with the temperature in it.", completion: .file())
    var output: String?

    @Option(help: ArgumentHelp("Also make sets of classes that hold the right one so often.", valueName: "percent"))
    var sets: Double?

    @Option(
        help: ArgumentHelp("Also write a page with the reliability diagram.", valueName: "file"), completion: .file())
    var html: String?

    @Flag(help: "One JSON document on standard output.")
    var json = false

    func validate() throws {
        if let sets, !(50...99.9).contains(sets) { throw ValidationError("--sets must be from 50 to 99.9.") }
    }

    func run() async throws {
        for file in [output, html].compactMap({ $0 }) { try OutputFile.check(file, inputs: [model]) }
        let loaded = try LoadedModel.open(model)
        try loaded.task.requireClasses("graft calibrate", file: model)
        let folder = try ImageFolder(path: data, testing: loaded.classes)
        let known = try folder.labels(for: "graft calibrate")
        let progress = ProgressLine("answering", unit: "pictures")
        let table = try FeatureTable(of: folder.pictures.map(\.path), by: loaded) {
            progress.update(done: $0.done, total: $0.total)
        }
        progress.finish()
        for note in folder.notes { Terminal.complain("note    \(note)", .quiet) }
        for file in table.skipped { Terminal.complain("skipped \(file)", .bad) }
        let labels = table.read.map { known[$0] }
        guard !labels.isEmpty else {
            throw GraftError(.invalidData, "no picture can be read", file: data, found: table.skipped.first?.reason)
        }
        let groups = table.copies(of: folder.pictures.map(\.path), threads: loaded.threads)
        let found = Calibration(
            logits: try table.scores(by: loaded), labels: labels, classes: loaded.classes.count,
            current: loaded.metadata.temperature ?? 1, groups: groups, promised: sets.map { $0 / 100 })
        if let output {
            var metadata = loaded.metadata
            metadata.temperature = found.temperature
            let content = ImportedModel(tensors: loaded.content.tensors, metadata: metadata)
            try PortableModel(content, name: loaded.name, registry: try Registry.builtIn()).write(to: output)
        }
        if let html { try AtomicFile.write(CalibrationPage(found, model: loaded.name, folder: data).html, to: html) }
        if json { return try JSONOutput.show(found.document) }
        show(found)
    }

    private func show(_ found: Calibration) {
        let now = found.before
        print(
            "\(Terminal.styled("\(now.correct) of \(now.total)", .strong)) right, sure to \(decimals(now.confidence * 100, 1)) % on average"
        )
        var table = TextTable([
            ("", .left), ("CALIBRATION ERROR", .right), ("OF AN HONEST MODEL", .right), ("CROSS ENTROPY", .right),
        ])
        func add(_ name: String, _ reliability: Reliability, _ loss: Double) {
            table.add(
                name, "\(decimals(reliability.error * 100, 1)) %", "\(decimals(reliability.noiseFloor * 100, 1)) %",
                decimals(loss, 4))
        }
        add("now", now, found.lossBefore)
        add("temperature \(decimals(found.temperature, 3))", found.after, found.lossAfter)
        table.show()
        if let reason = found.reason { print("The temperature stays 1: \(reason).") }
        if let sets = found.sets {
            print(
                "Sets that promise \(decimals(sets.promised * 100, 1)) %: \(decimals(sets.coverage * 100, 1)) % of "
                    + "\(sets.count) hold the right class, \(decimals(sets.size, 2)) classes on average")
        }
        if let output { print("\(output.shown) has the temperature \(decimals(found.temperature, 3)).") }
        if let html { print("Look at it in \(html.shown)") }
    }
}
