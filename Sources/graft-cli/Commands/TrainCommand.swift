import ArgumentParser
import Graft
import Training
import Zoo

struct TrainCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "train",
        abstract: "Train a new head on a folder of pictures.",
        discussion: """
            Pictures are in FOLDER/CLASS/*.jpg (or .png, .webp). The output directory gets model.npz (all that predict
            needs), metrics.jsonl, curves.svg, report.html and config.yaml. Docs/Configuration.md lists every key.

            EXAMPLES:
              graft train food.yaml --output runs/food
              graft train food.yaml --set head.dropout=0.5 --set train.epochs=20
            """)

    @Argument(help: ArgumentHelp("The configuration, a YAML file.", valueName: "configuration"))
    var configuration: String

    @Option(
        name: .customLong("set"), parsing: .singleValue,
        help: ArgumentHelp(
            "Override a key of the configuration. May be given several times.", valueName: "key.path=value"))
    var overrides: [String] = []

    @Option(help: "The directory for the results. Default: the configuration's, else runs/latest.")
    var output: String?

    @Flag(help: "Stop at a picture that cannot be read, in place of leaving it out.")
    var strict = false

    @Flag(help: "Accept weights that do not fit the whole backbone; what is missing starts from random numbers.")
    var partial = false

    @Flag(help: "One JSON document on standard output.")
    var json = false

    func run() throws {
        var file = try ConfigurationFile(path: configuration)
        for assignment in overrides { try file.set(assignment) }
        if let output { try file.set("output=\(ConfigurationFile.quoted(output))") }
        if strict { try file.set("strict=true") }
        if partial { try file.set("partial=true") }
        let settings: TrainingConfiguration
        do throws(ZooError) {
            settings = try TrainingConfiguration(options: Options(file.values), text: file.yaml)
        } catch {
            var error = error
            error.context.file = configuration
            throw error
        }
        let display = TrainingDisplay(json: json)
        let result = try TrainingRun(settings, registry: try Registry.builtIn()).run { display.show($0) }
        display.finish()
        if json { return try JSONOutput.show(result) }
        display.summarise(result)
    }
}
