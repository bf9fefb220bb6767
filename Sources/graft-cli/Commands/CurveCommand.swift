import ArgumentParser
import Data
import Graft
import Insight
import Report
import Weights
import Zoo

struct CurveCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "curve",
        abstract: "Would more pictures help? The error by the number of training pictures, and what to expect of more.",
        discussion: """
            Heads are trained on parts of the folder and tested on the rest, six sizes five times, on features that are
            computed once.

            EXAMPLES:
              graft curve data/train
              graft curve data/train --model efficientnet_b0 --html curve.html
            """)

    @Argument(help: "A folder with a folder of pictures for each class.", completion: .file())
    var data: String

    @Option(help: "Whose features are learnt from: a model file or a pretrained name.")
    var model = "efficientnet_lite0"

    @Option(help: ArgumentHelp("Also write a page with the curve.", valueName: "file"), completion: .file())
    var html: String?

    @Flag(help: "One JSON document on standard output.")
    var json = false

    func run() async throws {
        if let html { try OutputFile.check(html, inputs: [model]) }
        let folder = try ImageFolder(path: data)
        let known = try folder.labels(for: "graft curve")
        let loaded = try LoadedModel.open(model)
        let progress = ProgressLine("features", unit: "pictures")
        let table = try FeatureTable(of: folder.pictures.map(\.path), by: loaded) {
            progress.update(done: $0.done, total: $0.total)
        }
        progress.finish()
        for note in folder.notes { Terminal.complain("note    \(note)", .quiet) }
        for file in table.skipped { Terminal.complain("skipped \(file)", .bad) }
        let read = table.read
        let looking = ProgressLine("looking", unit: "pictures")
        let groups = table.copies(of: folder.pictures.map(\.path), threads: loaded.threads) {
            looking.update(done: $0, total: read.count)
        }
        looking.finish()
        let fitting = ProgressLine("fitting", unit: "%")
        let curve = try CurveReport(
            table.rows.rows(read), labels: read.map { known[$0] }, classes: folder.classes,
            groups: groups, threads: loaded.threads
        ) { fitting.update(done: Int($0 * 100), total: 100) }
        fitting.finish()
        if let html { try AtomicFile.write(CurvePage(curve, folder: data).html, to: html) }
        if json { return try JSONOutput.show(curve.document) }
        show(curve)
    }

    private func show(_ found: CurveReport) {
        var table = TextTable([("TRAINING PICTURES", .right), ("ERROR", .right), ("", .left)])
        for point in found.curve.points {
            table.add(
                "\(point.pictures)", percent(point.error),
                "\(point.wrong) of \(point.tested) wrong, \(point.errors.count) draws")
        }
        for prediction in found.predictions {
            table.add(
                "\(prediction.pictures)", percent(prediction.error),
                "expected, \(percent(prediction.lower)) to \(percent(prediction.upper))")
        }
        table.show()
        print("\n\(Terminal.styled(found.verdict, .strong))")
        if let html { print("Look at it in \(html.shown)") }
    }

    private func percent(_ share: Double) -> String { "\(decimals(share * 100, 1)) %" }
}
