import ArgumentParser
import Data
import Graft
import Zoo

struct EvaluateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "evaluate",
        abstract: "Count how many pictures of a folder or a table a model gets right.",
        discussion: """
            EXAMPLES:
              graft evaluate runs/food/model.npz data/pizza_steak_sushi/test
              graft evaluate runs/food/model.npz data/test --json
            """)

    @Argument(help: "A model file, or a pretrained name.", completion: .file())
    var model: String

    @Argument(
        help: "A folder with a folder of pictures for each class, or a table of pictures.", completion: .file())
    var data: String

    @OptionGroup var decoding: DecodingOptions

    @OptionGroup var strictness: StrictOption

    @OptionGroup var precision: PrecisionOption

    @Option(
        help: ArgumentHelp("Pictures of none of the classes: how many of them are told.", valueName: "folder"),
        completion: .directory)
    var strangers: String?

    @Flag(help: "One JSON document on standard output.")
    var json = false

    func run() async throws {
        let loaded = try LoadedModel.open(model, precision: precision.precision)
        let progress = ProgressLine("evaluating", unit: "pictures")
        let result = try await loaded.evaluate(data, decoding: decoding.decoding) {
            progress.update(done: $0.done, total: $0.total)
        }
        progress.finish()
        try strictness.check(result.skipped)
        for note in result.notes { Terminal.complain("note    \(note)", .quiet) }
        for file in result.skipped { Terminal.complain("skipped \(file)", .bad) }
        var found: StrangerCount?
        if let strangers { found = try await count(strangers, by: loaded) }
        if json {
            return try JSONOutput.show(
                result.assessment.document.adding([
                    "skipped": result.skipped.map(\.document), "notes": result.notes,
                    "strangers": found.map { found -> JSONDocument in ["told": found.told, "total": found.total] },
                ]))
        }
        show(result.assessment, classes: loaded.classes)
        if let found {
            let known = try await count(data, by: loaded)
            print(
                "\nNone of these: \(found.told) of \(found.total) strangers, and \(known.told) of \(known.total) pictures of the classes"
            )
        }
    }

    /// Pictures that a model calls none of its classes.
    private struct StrangerCount {
        let told: Int
        let total: Int
    }

    private func count(_ folder: String, by loaded: LoadedModel) async throws -> StrangerCount {
        guard loaded.knowsStrangers else {
            throw GraftError(
                .invalidModel, "the model cannot tell what it has never seen", file: model,
                remedy: "train it with train.none_of_these: 5%")
        }
        let answers = try await loaded.classify(try PictureList.expand([folder]).map { .path($0) }, top: 1)
        return StrangerCount(
            told: answers.predictions.count { $0.isStranger == true }, total: answers.predictions.count)
    }

    private func show(_ assessment: Assessment, classes: [String]) {
        let count = assessment.correct == nil ? "\(NumberText.counted(assessment.total, "picture")): " : ""
        print("\(count)\(Terminal.styled("\(assessment)", .strong))\n")
        switch assessment {
        case .classes(let figures): show(figures, classes: classes)
        case .labels(let figures): show(figures)
        case .values(let figures): show(figures)
        }
    }

    private func show(_ evaluation: LabelEvaluation) {
        var table = TextTable([
            ("LABEL", .left), ("TOLD RIGHT", .right), ("PRECISION", .right), ("FOUND", .right), ("RECALL", .right),
            ("F1", .right), ("AVERAGE PRECISION", .right), ("FROM", .right),
        ])
        for score in evaluation.perLabel {
            table.add(
                score.name, "\(score.hits) of \(score.told)", decimals(score.precision, 3),
                "\(score.hits) of \(score.support)", decimals(score.recall, 3), decimals(score.f1, 3),
                score.averagePrecision.map { decimals($0, 3) } ?? "", decimals(score.threshold, 2))
        }
        table.show()
    }

    private func show(_ evaluation: ValueEvaluation) {
        var table = TextTable([
            ("VALUE", .left), ("MAE", .right), ("95 %", .right), ("RMSE", .right), ("R2", .right), ("95 %", .right),
        ])
        func range(_ interval: Interval?, _ text: (Double) -> String) -> String {
            interval.map { "\(text($0.lower)) to \(text($0.upper))" } ?? ""
        }
        for score in evaluation.perValue {
            table.add(
                score.name, NumberText.figure(score.meanAbsoluteError),
                range(score.meanAbsoluteErrorInterval, NumberText.figure),
                NumberText.figure(score.rootMeanSquaredError),
                score.r2.map { decimals($0, 3) } ?? "", range(score.r2Interval) { decimals($0, 3) })
        }
        table.show()
    }

    private func show(_ evaluation: Evaluation, classes: [String]) {
        var table = TextTable([
            ("CLASS", .left), ("PRECISION", .right), ("RECALL", .right), ("F1", .right), ("PICTURES", .right),
        ])
        for score in evaluation.perClass where score.support > 0 || score.precision > 0 {
            table.add(
                score.name, decimals(score.precision, 3), decimals(score.recall, 3), decimals(score.f1, 3),
                "\(score.support)")
        }
        table.show()
        guard classes.count <= 20, !evaluation.confusion.isEmpty else { return }
        print("\nRows: what it is. Columns: what the model said.")
        var confusion = TextTable([("", .left)] + classes.map { ($0, .right) })
        for (name, row) in zip(classes, evaluation.confusion) { confusion.add([name] + row.map(String.init)) }
        confusion.show()
    }
}
