import ArgumentParser
import Exchange
import Graft
import Weights
import Zoo

struct ConvertCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "convert",
        abstract: "Convert weights between .pth, .safetensors and .npz.",
        discussion: """
            The input's format is told by its content, the output's by its name. With --backbone the tensors are renamed,
            checked against that network and written with all that predict needs. The input may be a folder of a model hub:
            config.json of transformers or timm says the classes and how pictures are prepared, the tensors which network.

            EXAMPLES:
              graft convert efficientnet_b0.pth b0.npz --backbone efficientnet_b0
              graft convert checkpoint.pth checkpoint.safetensors
              graft convert last.pth.tar average.npz --weights ema
              graft convert downloads/vit-tiny-food/ food.npz
            """)

    @Argument(help: "A .pth, .safetensors or .npz file, or a folder of a model hub.", completion: .file())
    var input: String

    @Argument(help: "The file to write; its name ends in .npz, .safetensors or .pth.", completion: .file())
    var output: String

    @Option(help: "The network that the tensors are of.")
    var backbone: String?

    @Option(help: WeightsOption.help)
    var weights: String?

    @Flag(help: "One JSON document on standard output.")
    var json = false

    func run() throws {
        let format = try ModelFormat(path: output)
        guard format != .onnx else {
            throw GraftError(
                .format, "an ONNX file is more than weights", file: output,
                expected: "a name that ends in .npz, .safetensors or .pth",
                remedy: "write a whole model with: graft export MODEL \(output)")
        }
        let folder = HubFolder.isOne(input) ? try HubFolder(path: input) : nil
        let file = try folder?.file ?? WeightFile(path: input)
        let count: (tensors: Int, values: Int)
        let notes: [String]
        if let folder {
            let model = try PortableModel(
                hub: folder, backbone: backbone, set: weights, registry: try Registry.builtIn())
            let written = try model.write(to: output)
            notes = ["\(model.metadata.backbone), \(model.metadata.classes.count) classes"] + model.notes
            count = (written.tensors, written.values)
        } else if backbone != nil || file.metadata != nil && file.metadata?.headOf == nil {
            let model = try PortableModel(
                importing: file, backbone: backbone, classes: nil, set: weights, registry: try Registry.builtIn())
            let written = try model.write(to: output)
            notes = model.notes.isEmpty ? file.notes : model.notes
            count = (written.tensors, written.values)
        } else {
            let file = try weights.map { choice throws(GraftError) in try file.meaning(choice) } ?? file
            let tensors = try file.load()
            notes = file.notes
            try Self.write(tensors, metadata: file.metadata, as: format, to: output)
            count = (tensors.count, tensors.elementCount)
        }
        for note in notes { Terminal.complain("note: \(note.onOneLine)") }
        if json {
            return try JSONOutput.show([
                "input": input, "output": output, "tensors": count.tensors, "values": count.values,
            ])
        }
        print("\(output.shown): \(count.tensors) tensors, \(NumberText.grouped(count.values)) values")
    }

    /// Tensors that are no whole model, and what is known of them.
    private static func write(
        _ tensors: StateDict, metadata: ModelMetadata?, as format: ModelFormat, to path: String
    ) throws {
        switch (format, metadata) {
        case (.npz, _): try NPZ.write(tensors, metadata: metadata, to: path, level: 1)
        case (.safetensors, let metadata?): try Safetensors.write(tensors, model: metadata, to: path)
        case (.safetensors, nil): try Safetensors.write(tensors, to: path)
        case (.pth, _), (.onnx, _): try TorchCheckpoint.write(tensors, metadata: metadata, to: path)
        }
    }
}
