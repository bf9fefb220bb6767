import ArgumentParser
import Graft
import Report
import Weights
import Zoo

struct LRFindCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lr-find",
        abstract: "Look for a learning rate to start with.",
        discussion: """
            Trains some steps with a rate that rises from 1e-7 to 10, until the loss explodes, and says where it fell best.
            Nothing of it is kept, and no file but the curve is written.

            EXAMPLES:
              graft lr-find food.yaml
              graft lr-find food.yaml --phase 2 --output curve.svg
            """)

    @Argument(
        help: ArgumentHelp("The configuration, a YAML file, as for graft train.", valueName: "configuration"),
        completion: .file())
    var configuration: String

    @Option(
        name: .customLong("set"), parsing: .singleValue,
        help: ArgumentHelp(
            "Override a key of the configuration. May be given several times.", valueName: "key.path=value"))
    var overrides: [String] = []

    @Option(help: "The phase to look at, for a configuration with several.")
    var phase = 1

    @Option(help: "How many steps to take.")
    var steps = 100

    @Option(help: "Where to draw the curve, an SVG file.")
    var output: String?

    @Flag(help: "One JSON document on standard output.")
    var json = false

    func validate() throws {
        guard (10...100_000).contains(steps) else { throw ValidationError("--steps goes from 10 to 100000.") }
    }

    func run() async throws {
        var file = try ConfigurationFile(path: configuration)
        for assignment in overrides { try file.set(assignment) }
        let settings = try file.training()
        if let output { try OutputFile.check(output, inputs: [configuration]) }
        let display = TrainingDisplay(json: json)
        let run = TrainingRun(settings, registry: try Registry.builtIn())
        let curve: LearningRateCurve
        do throws(GraftError) {
            curve = try await run.findLearningRate(phase: phase, steps: steps) { display.show($0) }
        } catch {
            throw file.placing(error)
        }
        display.finish()
        if let output { try AtomicFile.write(curve.svg, to: output) }
        if json { return try JSONOutput.show(curve.document) }
        print("")
        let end = curve.isCutShort ? "the loss exploded after" : "the loss did not explode in"
        print("\(end) \(curve.rates.count) steps, at a rate of \(scientific(curve.rates.last ?? 0))")
        if let steepest = curve.steepest { print("steepest      \(scientific(steepest))") }
        if let valley = curve.valley {
            print(Terminal.styled("start with    \(scientific(valley))", .strong))
        } else {
            print("the loss never fell: no rate can be recommended")
        }
        if let output { print("curve         \(output.shown)") }
    }
}

extension ConfigurationFile {
    /// What it says of a training run, errors with the file's name.
    func training(needsPictures: Bool = true) throws(GraftError) -> TrainingConfiguration {
        do throws(GraftError) {
            return try TrainingConfiguration(options: options, text: yaml, needsPictures: needsPictures)
        } catch {
            var error = placing(error)
            if error.context.file == nil, !path.isEmpty { error.context.file = path }
            throw error
        }
    }
}
