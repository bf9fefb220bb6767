import ArgumentParser
import Data
import Graft
import Weights
import Zoo

struct EmbedCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "embed",
        abstract: "Write the features of pictures: what the head reads, one row a picture.",
        discussion: """
            The .npz holds `features` [pictures, features]; the paths go to standard output in the order of the rows. With
            --format, features are written as text, for any number of pictures.

            EXAMPLES:
              graft embed efficientnet_lite0 photos/ --output features.npz
              graft embed runs/food/model.npz a.jpg b.jpg --json
              graft embed runs/food/model.npz list.txt --format jsonl --output features --shard 3/16
            """)

    @Argument(help: "A model file, or a pretrained name.", completion: .file())
    var model: String

    @Argument(
        help: """
            Pictures, or folders of pictures. With --format also lists (.txt, a path a line), tar archives of pictures, and - \
            for a list or an archive on standard input.
            """, completion: .file())
    var pictures: [String]

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp(
            """
            The file to write, features.npz by default. With --format: a folder to write to, in parts that appear whole; \
            without it, standard output.
            """, valueName: "output"), completion: .file())
    var output: String?

    @OptionGroup var precision: PrecisionOption

    @OptionGroup var series: SeriesOptions

    @OptionGroup var strictness: StrictOption

    @Flag(help: "One JSON document on standard output.")
    var json = false

    func validate() throws {
        guard !pictures.isEmpty else { throw ValidationError("Name at least one picture or folder.") }
        try series.checkWithoutFormat(pictures)
        guard series.format == nil || !json else { throw ValidationError("Choose one of --format and --json.") }
    }

    func run() async throws {
        if let format = series.format { return try run(format) }
        let output = output ?? "features.npz"
        let paths = try PictureList.expand(pictures)
        let loaded = try LoadedModel.open(model, precision: precision.precision)
        try OutputFile.check(output, inputs: paths + [model])
        let progress = ProgressLine("embedding", unit: "pictures")
        let result = try await loaded.embed(paths.map { .path($0) }) { progress.update(done: $0.done, total: $0.total) }
        progress.finish()
        try strictness.check(result.skipped)
        for file in result.skipped { Terminal.complain("skipped \(file)", .bad) }
        guard !result.names.isEmpty else {
            throw GraftError(
                .invalidData, "no picture can be read", file: pictures.first, found: result.skipped.first?.reason)
        }
        var tensors = StateDict()
        tensors["features"] = result.features
        try NPZ.write(tensors, metadata: nil, to: output)
        if json {
            return try JSONOutput.show([
                "output": output.shown, "features": result.features.shape[1], "paths": result.names.map(\.shown),
                "skipped": result.skipped.map(\.document),
            ])
        }
        for path in result.names { print(path.shown) }
    }

    /// Of any number of pictures, one after the other.
    private func run(_ format: SeriesFormat) throws {
        let loaded = try LoadedModel.open(model, precision: precision.precision)
        let run = SeriesRun(
            title: "embedding", command: "embed", pictures: pictures, format: format, options: series, output: output,
            settings: ["--precision": loaded.content.precision.name], strictness: strictness)
        let lines = FeatureLines(format: format, width: try loaded.featureCount)
        try run.run(loaded, header: lines.header) { next, give throws(GraftError) in
            try loaded.embed(next: next, finish: { lines.answer($0) }, give: give)
        }
    }
}
