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
            """)

    @Argument(help: "A model file, or a pretrained name (BACKBONE or BACKBONE/ENTRY).", completion: .file())
    var model: String

    @Argument(help: "Pictures, or folders of pictures.", completion: .file())
    var pictures: [String]

    @Option(help: "How many classes or labels to name for each picture.")
    var top = 3

    @Flag(help: "One row a picture and class: path,rank,class,index,probability.")
    var csv = false

    @Flag(help: "One JSON document on standard output.")
    var json = false

    @OptionGroup var decoding: DecodingOptions

    @OptionGroup var strictness: StrictOption

    @OptionGroup var precision: PrecisionOption

    @Flag(help: "With --json: every class' logit as well.")
    var logits = false

    @Option(
        help: ArgumentHelp("Also write a page that shows the pictures with their answers.", valueName: "file"),
        completion: .file())
    var html: String?

    func validate() throws {
        guard !pictures.isEmpty else { throw ValidationError("Name at least one picture or folder.") }
        guard top >= 1 else { throw ValidationError("--top must be at least 1.") }
        guard !(csv && json) else { throw ValidationError("Choose one of --csv and --json.") }
        guard json || !logits else { throw ValidationError("--logits needs --json.") }
    }

    func run() async throws {
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
            showRows(answers)
        } else {
            show(answers)
        }
        for file in answers.skipped { Terminal.complain("skipped \(file)", .bad) }
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

    private func showRows(_ answers: Predictions) {
        if let first = answers.predictions.first, let values = first.values {
            print((["path"] + values.map { Self.cell($0.name) }).joined(separator: ","))
            for prediction in answers.predictions {
                let numbers = (prediction.values ?? []).map { "\(Float($0.value))" }
                print(([Self.cell(prediction.path.shown)] + numbers).joined(separator: ","))
            }
            return
        }
        let hasLabels = answers.predictions.contains { $0.labels != nil }
        print("path,rank,class,index,probability" + (hasLabels ? ",told" : ""))
        for prediction in answers.predictions {
            for (rank, guess) in prediction.top.enumerated() {
                print(
                    "\(Self.cell(prediction.path.shown)),\(rank + 1),\(Self.cell(guess.name)),\(guess.index),"
                        + decimals(guess.probability, 6)
                        + (prediction.labels.map { $0.contains(guess.name) ? ",1" : ",0" } ?? ""))
            }
        }
    }

    /// RFC 4180: quoted where a comma, quote or line break makes it necessary.
    private static func cell(_ text: String) -> String {
        guard text.contains(where: { ",\"\n\r\r\n".contains($0) }) else { return text }
        return "\"" + text.replacing("\"", with: "\"\"") + "\""
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
