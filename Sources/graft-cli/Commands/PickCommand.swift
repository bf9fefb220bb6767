import ArgumentParser
import Data
import Engine
import Graft
import Images
import Insight
import Report
import Weights
import Zoo

struct PickCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pick",
        abstract:
            "Which pictures to label next: those that the model is in doubt about, and that differ from each other.",
        discussion: """
            With a pretrained name in place of a model of your own, pictures that stand for all others are picked. No two
            are near copies. --html writes a sheet to label by keyboard; it saves a table, which --apply turns into folders.

            EXAMPLES:
              graft pick runs/food/model.npz unlabelled/ --count 25 --html label.html
              graft pick efficientnet_lite0 unlabelled/ --csv next.csv
              graft pick runs/food/model.npz unlabelled/ --apply labels.csv --output data/new
            """)

    @Argument(help: "A model file, or a pretrained name.", completion: .file())
    var model: String

    @Argument(help: "Pictures, or folders of pictures.", completion: .file())
    var pictures: [String]

    @Option(help: "How many to pick.")
    var count = 25

    @Option(help: ArgumentHelp("Write the table there in place of showing it.", valueName: "file"), completion: .file())
    var csv: String?

    @Option(
        help: ArgumentHelp("Also write a sheet to label the pictures by keyboard.", valueName: "file"),
        completion: .file())
    var html: String?

    @Option(
        help: ArgumentHelp("Copy labelled pictures into the folders of --output.", valueName: "file"),
        completion: .file())
    var apply: String?

    @Option(name: .shortAndLong, help: "With --apply: the folder to copy to.", completion: .file())
    var output: String?

    @Flag(help: "One JSON document on standard output.")
    var json = false

    func validate() throws {
        guard !pictures.isEmpty else { throw ValidationError("Name at least one picture or folder.") }
        guard (1...10_000).contains(count) else { throw ValidationError("--count must be from 1 to 10000.") }
        guard (apply == nil) == (output == nil) else { throw ValidationError("--apply and --output go together.") }
    }

    func run() async throws {
        let paths = try PictureList.expand(pictures)
        if let apply, let output {
            let labels = try LabelTable(csv: TextFile.read(apply), name: apply)
            let copied = try labels.copy(from: paths, to: output)
            if json { return try JSONOutput.show(["copied": copied]) }
            return print("\(output.shown): \(NumberText.counted(copied, "picture")) copied")
        }
        for file in [csv, html].compactMap({ $0 }) { try OutputFile.check(file, inputs: [model]) }
        let loaded = try LoadedModel.open(model)
        try loaded.task.requireClasses("graft pick", file: model)
        let progress = ProgressLine("features", unit: "pictures")
        let table = try FeatureTable(of: paths, by: loaded) { progress.update(done: $0.done, total: $0.total) }
        progress.finish()
        let looking = ProgressLine("looking", unit: "pictures")
        let greys = WorkerPool.map(count: paths.count, threads: loaded.threads) { index in
            table.isRead[index] ? (try? PictureFacts(path: paths[index]))?.grey : nil
        } done: {
            looking.update(done: $0, total: paths.count)
        }
        looking.finish()
        let picks = try Picks(paths, greys: greys, table: table, by: loaded, count: count)
        for file in picks.skipped { Terminal.complain("skipped \(file)", .bad) }
        for path in picks.strangers { Terminal.complain("none of the classes  \(path.shown)", .quiet) }
        if let csv { try AtomicFile.write(picks.csv, to: csv) }
        if let html { try AtomicFile.write(LabelSheet(picks, classes: loaded.ownClasses).html, to: html) }
        if json { return try JSONOutput.show(picks.document) }
        if csv == nil { print(picks.csv.replacing("\r\n", with: "\n"), terminator: "") }
        if let html { Terminal.complain("Label them in \(html.shown)") }
    }
}
