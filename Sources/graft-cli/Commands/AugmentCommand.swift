import ArgumentParser
import Graft
import Images
import Report
import Weights
import Zoo

struct AugmentCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "augment",
        abstract: "Show what a network sees of a picture while it learns.",
        discussion: """
            Writes a page (or, to a name that ends in .jpg, one picture) with what data.augment makes of the picture in one
            epoch after the other. A person should still be able to tell what is on it.

            EXAMPLES:
              graft augment pizza.jpg --config food.yaml
              graft augment pizza.jpg --set data.augment=strong --epochs 24 --output sheet.jpg
            """)

    @Argument(help: "A picture.", completion: .file())
    var picture: String

    @Option(help: ArgumentHelp("The configuration, a YAML file.", valueName: "file"), completion: .file())
    var config: String?

    @Option(
        name: .customLong("set"), parsing: .singleValue,
        help: ArgumentHelp(
            "Override a key of the configuration. May be given several times.", valueName: "key.path=value"))
    var overrides: [String] = []

    @Option(help: "How many epochs to show.")
    var epochs = 15

    @Option(name: .shortAndLong, help: ArgumentHelp("The page, or a .jpg.", valueName: "file"))
    var output = "augment.html"

    func validate() throws {
        guard (1...1000).contains(epochs) else { throw ValidationError("--epochs must be from 1 to 1000.") }
    }

    func run() throws {
        var file = try config.map { try ConfigurationFile(path: $0) } ?? ConfigurationFile()
        for assignment in overrides { try file.set(assignment) }
        let settings = try file.training(needsPictures: false)
        let augmentation = settings.data.augment
        guard !augmentation.isEmpty else {
            throw GraftError(
                .invalidValue, "nothing is random", file: config, parameter: "data.augment",
                remedy: "say what may change, as in --set data.augment=light")
        }
        try OutputFile.check(output, inputs: [picture] + (config.map { [$0] } ?? []))
        let sheet = try AugmentationSheet(
            path: picture, augmentation: augmentation,
            preprocessing: try settings.resolvedPreprocessing(registry: try Registry.builtIn()),
            seed: settings.train.seed, epochs: epochs)
        let name = output.lowercased()
        if name.hasSuffix(".jpg") || name.hasSuffix(".jpeg") {
            try AtomicFile.write(try sheet.picture().jpeg(quality: 90), to: output)
        } else {
            try AtomicFile.write(try sheet.html(), to: output)
        }
        print("\(augmentation)\nLook at it in \(output.shown)")
    }
}
