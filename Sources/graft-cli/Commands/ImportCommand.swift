import ArgumentParser
import Exchange
import Graft
import Weights
import Zoo

struct ImportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Make a Graft model of a checkpoint that was trained elsewhere, or of a head and its base.",
        discussion: """
            The input's format is told by its content. Tensors may have torchvision's names, or timm's for the networks that
            have them, behind whatever wrappers put before them (module., _orig_mod., model.). The head may be one linear
            layer or several. What the file says of its network and classes need not be said again; nor what a model hub's
            folder does, whose config.json is transformers' or timm's.

            EXAMPLES:
              graft import tuned.pth model.npz --backbone efficientnet_b0 --classes pizza,steak,sushi
              graft import model.safetensors model.npz
              graft import downloads/dinov2-small-birds/ birds.npz
              graft import food-head.npz model.npz --base efficientnet_lite0
            """)

    @Argument(help: "A .pth, .safetensors or .npz file, or a folder of a model hub.", completion: .file())
    var file: String

    @Argument(help: "The model to write; its name ends in .npz, .safetensors or .pth.", completion: .file())
    var output: String

    @Option(help: "The network that the tensors are of.")
    var backbone: String?

    @Option(help: ArgumentHelp("The classes in the order of the outputs, separated by commas.", valueName: "a,b,c"))
    var classes: String?

    @Option(help: ArgumentHelp("For a head alone: the weights it was trained on.", valueName: "name-or-file"))
    var base: String?

    @Option(help: WeightsOption.help)
    var weights: String?

    @Option(help: "What follows a head's hidden layers, which a checkpoint does not say (default: relu).")
    var activation: String?

    @Flag(help: "One JSON document on standard output.")
    var json = false

    func validate() throws {
        if base != nil, backbone != nil || classes != nil || weights != nil || activation != nil {
            throw ValidationError(
                "A head says what it is: leave out --backbone, --classes, --weights and --activation with --base.")
        }
    }

    func run() throws {
        let format = try ModelFormat(path: output)
        guard format != .onnx else {
            throw GraftError(
                .format, "a Graft model cannot be an ONNX file", file: output,
                expected: "a name that ends in .npz, .safetensors or .pth",
                remedy: "import it as .npz, then graft export that")
        }
        let named = try classes.map(Self.names)
        let registry = try Registry.builtIn()
        let folder = base == nil && HubFolder.isOne(file) ? try HubFolder(path: file) : nil
        let source = try folder?.file ?? WeightFile(path: file)
        let model: PortableModel
        if let base {
            let progress = ProgressLine("getting weights", unit: "bytes")
            defer { progress.finish() }
            model = try PortableModel(head: source, base: base, registry: registry) {
                progress.update(done: $0.bytesDone, total: $0.bytesTotal)
            }
        } else if let folder {
            model = try PortableModel(
                hub: folder, backbone: backbone, classes: named, set: weights, registry: registry)
        } else {
            model = try PortableModel(
                importing: source, backbone: backbone, classes: named, set: weights, activation: activation,
                registry: registry)
        }
        let written = try model.write(to: output)
        for note in model.notes.isEmpty ? source.notes : model.notes { Terminal.complain("note: \(note.onOneLine)") }
        if json {
            return try JSONOutput.show([
                "input": file, "output": output, "backbone": model.metadata.backbone,
                "classes": model.metadata.classes, "tensors": written.tensors, "values": written.values,
            ])
        }
        print("\(output.shown): \(written.tensors) tensors, \(NumberText.grouped(written.values)) values")
        let names = model.metadata.classes
        print(
            "\(model.metadata.backbone), \(names.count) classes: \(names.prefix(8).joined(separator: ", "))"
                + (names.count > 8 ? ", …" : ""))
    }

    /// - Throws: for a name that is empty or there twice.
    private static func names(_ list: String) throws(GraftError) -> [String] {
        let names = list.split(separator: ",", omittingEmptySubsequences: false).map {
            String($0.trimmingPrefix { $0 == " " }).trimmedAtEnd.shownIfNeeded
        }
        func wrong(_ found: String) -> GraftError {
            GraftError(
                .invalidValue, "not the names of classes", parameter: "--classes",
                expected: "a different name for each, separated by commas", found: found)
        }
        guard !names.contains("") else { throw wrong("an empty name") }
        var seen: Set<[UInt8]> = []
        if let twice = names.first(where: { !seen.insert($0.byteKey).inserted }) { throw wrong("'\(twice)' twice") }
        return names
    }
}
