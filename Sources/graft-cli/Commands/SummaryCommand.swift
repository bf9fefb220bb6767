import ArgumentParser
import Graft
import Zoo

struct SummaryCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "summary",
        abstract: "Show the layer table of a backbone or a model file.",
        discussion: """
            EXAMPLES:
              graft summary efficientnet_b0
              graft summary efficientnet_b0 --classes 3 --size 320x240
              graft summary runs/food/model.npz
            """)

    @Argument(help: "A registered backbone, or a model file.", completion: .file())
    var model: String

    @Option(help: "The number of classes. Default: the pretrained weights' or the file's.")
    var classes: Int?

    @Option(help: "The picture's height and width, as HxW. Default: what the weights were trained on.")
    var size: PictureSize?

    @Flag(help: "A row a stage, in place of every layer.")
    var stages = false

    @Flag(help: "One JSON document on standard output.")
    var json = false

    func run() throws {
        let registry = try Registry.builtIn()
        let description = try ModelArgument(model, registry: registry).description(registry: registry, classes: classes)
        let summary = try Summary(description.graph(), imageSize: size?.extent)
        if json { return try JSONOutput.show(summary.document) }
        print(summary.text(stages ? .stages : .layers), terminator: "")
    }
}

/// `224x224`.
struct PictureSize: ExpressibleByArgument {
    let extent: Extent

    init?(argument: String) {
        let sides = argument.split(separator: "x").compactMap { Int($0) }
        guard sides.count == 2, sides.allSatisfy({ (1...8192).contains($0) }) else { return nil }
        extent = Extent(height: sides[0], width: sides[1])
    }
}
