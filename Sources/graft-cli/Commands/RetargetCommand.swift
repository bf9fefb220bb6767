import ArgumentParser
import Exchange
import Graft
import Weights
import Zoo

struct RetargetCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "retarget",
        abstract: "Give a model a new head, without training.",
        discussion: """
            The backbone stays as it is. Of the head stays what fits: rows of classes that keep their names, hidden layers of
            the same sizes. What is new holds random numbers until it is trained. The configuration's keys head, pooling,
            data.classes, data.train (its class folders) and train.seed count; all have a default: the model's own.

            EXAMPLES:
              graft retarget runs/food/model.npz dishes.yaml dishes.npz
              graft retarget runs/food/model.npz dishes.yaml dishes.npz --set 'data.classes=[pizza, ramen]'
            """)

    @Argument(help: "A model file.", completion: .file())
    var model: String

    @Argument(help: ArgumentHelp("The configuration, a YAML file.", valueName: "configuration"), completion: .file())
    var configuration: String

    @Argument(help: "The model file to write.", completion: .file())
    var output: String

    @Option(
        name: .customLong("set"), parsing: .singleValue,
        help: ArgumentHelp(
            "Override a key of the configuration. May be given several times.", valueName: "key.path=value"))
    var overrides: [String] = []

    @Flag(help: "Accept a backbone that lacks tensors, and make them new.")
    var partial = false

    @Flag(help: "One JSON document on standard output.")
    var json = false

    func run() throws {
        try ModelFormat.requireModelFile(output)
        try OutputFile.check(output, inputs: [])
        let registry = try Registry.builtIn()
        let old = try ImportedModel(path: model)
        var file = try ConfigurationFile(path: configuration)
        for assignment in overrides { try file.set(assignment) }
        let head = old.metadata.head
        let options = file.options.completed(by: [
            "backbone": .string(old.metadata.backbone), "pooling": .string(old.metadata.pooling),
            "head": .map(head.options.merging(["kind": .string(head.kind)]) { $1 }),
        ])
        let settings: TrainingConfiguration
        do throws(GraftError) {
            settings = try TrainingConfiguration(options: options, text: file.yaml, needsPictures: false)
        } catch {
            throw file.placing(error)
        }
        let result = try old.retargeted(
            settings, isPartial: partial || settings.partial, name: model, registry: registry)
        try PortableModel(result.model, name: output, registry: registry).write(to: output)
        if json {
            return try JSONOutput.show([
                "model": output, "classes": result.model.metadata.classes, "kept": result.kept, "new": result.new,
                "report": result.report.document,
            ])
        }
        result.report.lines.forEach { print($0) }
        if !result.kept.isEmpty { print("kept        \(NameList.text(result.kept))") }
        if !result.new.isEmpty { print("new         \(NameList.text(result.new)): random until trained") }
        print("model       \(output.shown)")
    }
}

/// Class names in a line.
enum NameList {
    static func text(_ names: [String]) -> String {
        names.count > 10
            ? names.prefix(10).joined(separator: ", ") + ", … (\(names.count))" : names.joined(separator: ", ")
    }
}
