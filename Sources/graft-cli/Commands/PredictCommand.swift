import ArgumentParser
import Data
import Exchange
import Graft
import Report
import Weights
import Zoo

struct PredictCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "predict",
        abstract: "Say what is on pictures.",
        discussion: """
            EXAMPLES:
              graft predict efficientnet_lite0 photo.jpg
              graft predict runs/food/model.npz holiday/ --top 1
              graft predict runs/food/model.npz holiday/ --csv > answers.csv
              graft predict runs/food/model.npz holiday/ --html answers.html
              graft predict runs/food/model.npz list.txt --format jsonl > answers.jsonl
              cat shards/*.tar | graft predict food.npz - --format jsonl --output answers
              graft predict food.npz list.txt --format jsonl --output answers --shard 3/16
            """)

    @Argument(help: "A model file, or a pretrained name (BACKBONE or BACKBONE/ENTRY).", completion: .file())
    var model: String

    @Argument(
        help: """
            Pictures, or folders of pictures. With --format also lists (.txt, a path a line), tar archives of pictures, and - \
            for a list or an archive on standard input.
            """, completion: .file())
    var pictures: [String]

    @Option(help: "How many classes or labels to name for each picture.")
    var top = 3

    @Flag(help: "One row a picture and class: path,rank,class,index,probability.")
    var csv = false

    @Flag(help: "One JSON document on standard output.")
    var json = false

    @OptionGroup var series: SeriesOptions

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp(
            """
            With --format: a folder to write to, in parts that appear whole. Started again, a run goes on behind the last of them.
            """, valueName: "folder"), completion: .directory)
    var output: String?

    @OptionGroup var decoding: DecodingOptions

    @OptionGroup var strictness: StrictOption

    @OptionGroup var precision: PrecisionOption

    @Flag(help: "With --json or --format jsonl: every class' logit as well.")
    var logits = false

    @Option(
        help: ArgumentHelp("Also write a page that shows the pictures with their answers.", valueName: "file"),
        completion: .file())
    var html: String?

    func validate() throws {
        guard !pictures.isEmpty else { throw ValidationError("Name at least one picture or folder.") }
        guard top >= 1 else { throw ValidationError("--top must be at least 1.") }
        guard !(csv && json) else { throw ValidationError("Choose one of --csv and --json.") }
        guard json || series.format == .jsonl || !logits else {
            throw ValidationError("--logits needs --json or --format jsonl.")
        }
        guard series.format != nil || output == nil else { throw ValidationError("--output needs --format.") }
        try series.checkWithoutFormat(pictures)
        guard series.format == nil || !csv && !json && html == nil else {
            throw ValidationError("Choose one of --format and \(csv ? "--csv" : json ? "--json" : "--html").")
        }
    }

    func run() async throws {
        if let format = series.format { return try run(format) }
        let paths = try PictureList.expand(pictures)
        let loaded = try LoadedModel.open(model, precision: precision.precision)
        if let html { try OutputFile.check(html, inputs: paths + [model]) }
        let progress = ProgressLine("predicting", unit: "pictures")
        let answers = try await loaded.classify(paths.map { .path($0) }, top: top, decoding: decoding.decoding) {
            progress.update(done: $0.done, total: $0.total)
        }
        progress.finish()
        try strictness.check(answers.skipped)
        if answers.predictions.isEmpty, let first = answers.skipped.first { throw unreadable(first, of: answers) }
        if let html { try AtomicFile.write(loaded.page(of: answers), to: html) }
        if json {
            try JSONOutput.show((logits ? answers : answers.withoutLogits).document)
        } else if csv {
            showRows(answers, AnswerTable(task: loaded.task, names: loaded.classes))
        } else {
            show(answers)
        }
        for file in answers.skipped { Terminal.complain("skipped \(file)", .bad) }
    }

    /// Of any number of pictures, one after the other.
    private func run(_ format: SeriesFormat) throws {
        let loaded = try LoadedModel.open(model, precision: precision.precision)
        let run = SeriesRun(
            title: "predicting", command: "predict", pictures: pictures, format: format, options: series,
            output: output,
            settings: [
                "--top": "\(top)", "--logits": "\(logits)", "--fast-decode": "\(decoding.fastDecode)",
                // What was chosen, which another machine may choose otherwise.
                "--precision": loaded.content.precision.name,
            ],
            strictness: strictness)
        let lines = AnswerLines(
            format: format, table: AnswerTable(task: loaded.task, names: loaded.classes), withLogits: logits)
        try run.run(loaded, header: lines.header) { next, give throws(GraftError) in
            try loaded.classify(
                next: next, top: top, decoding: decoding.decoding, finish: { lines.answer($0) }, give: give)
        }
    }

    private func unreadable(_ first: SkippedFile, of answers: Predictions) -> GraftError {
        guard answers.skipped.count > 1 else { return GraftError(.invalidData, first.reason, file: first.path) }
        return GraftError(
            .invalidData, "none of the \(answers.skipped.count) pictures can be read", file: pictures.first,
            found: "\(first)")
    }

    private func show(_ answers: Predictions) {
        let single = answers.predictions.count == 1
        for prediction in answers.predictions {
            if !single { print(Terminal.styled(prediction.path.shown, .strong)) }
            if prediction.isStranger == true {
                print(
                    "\(single ? "" : "  ")\(Terminal.styled("none of these", .strong)): unlike all training pictures; else"
                )
            }
            for value in prediction.values ?? [] {
                print("\(single ? "" : "  ")\(value.name)  \(NumberText.figure(value.value))")
            }
            let told = prediction.labels.map(Set.init)
            let width = prediction.top.map(\.name.count).max() ?? 0
            for guess in prediction.top {
                let gap = String(repeating: " ", count: width - guess.name.count)
                let percent = decimals(100 * guess.probability, 1)
                let bar = String(repeating: "█", count: Int((guess.probability * 30).rounded()))
                let share = String(repeating: " ", count: max(0, 5 - percent.count)) + percent
                let mark = told.map { $0.contains(guess.name) ? "✓ " : "  " } ?? ""
                print(
                    "\(single ? "" : "  ")\(mark)\(guess.name)\(gap)  \(share) %  \(Terminal.styled(bar, .accent))"
                        .trimmedAtEnd)
            }
        }
        if let html { print("\nLook at them in \(html.shown)") }
    }

    private func showRows(_ answers: Predictions, _ table: AnswerTable) {
        print(table.header)
        for prediction in answers.predictions {
            for row in table.rows(prediction) { print(row) }
        }
    }
}

extension String {
    var trimmedAtEnd: String {
        var text = self
        while text.last == " " { text.removeLast() }
        return text
    }
}

extension LoadedModel {
    /// The model that a user named, with a progress line while weights are downloaded.
    static func open(_ model: String, precision: PrecisionChoice? = nil) throws(GraftError) -> LoadedModel {
        let progress = ProgressLine("getting weights", unit: "bytes")
        defer { progress.finish() }
        let content = try PortableModel(model, registry: try Registry.builtIn()) {
            progress.update(done: $0.bytesDone, total: $0.bytesTotal)
        }
        return try LoadedModel(try content.computing(in: precision))
    }
}
