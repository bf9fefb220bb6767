import ArgumentParser
import Graft
import Weights
import Zoo

struct ConvertCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "convert",
        abstract: "Convert weights between .pth, .safetensors and .npz.",
        discussion: """
            The input's format is told by its content, the output's by its name. With --backbone the tensors are renamed,
            checked against that network and written with all that predict needs.

            EXAMPLES:
              graft convert efficientnet_b0.pth b0.npz --backbone efficientnet_b0
              graft convert checkpoint.pth checkpoint.safetensors
            """)

    @Argument(help: "A .pth, .safetensors or .npz file.")
    var input: String

    @Argument(help: "The file to write; its name ends in .npz, .safetensors or .pth.")
    var output: String

    @Option(help: "The network that the tensors are of.")
    var backbone: String?

    @Flag(help: "One JSON document on standard output.")
    var json = false

    private struct Document: Encodable {
        let input: String
        let output: String
        let tensors: Int
        let values: Int
    }

    func run() throws {
        let format = try OutputFormat(path: output)
        let file = try WeightFile(path: input)
        let document: Document
        if let backbone {
            let registry = try Registry.builtIn()
            let model = try file.classifier(of: try registry.backbone(backbone), registry: registry)
            try format.write(model.tensors, metadata: model.metadata, to: output)
            document = summary(of: model.tensors)
        } else {
            let tensors = try file.load()
            try format.write(tensors, metadata: file.metadata, to: output)
            document = summary(of: tensors)
        }
        if json { return try JSONOutput.show(document) }
        print("\(output): \(document.tensors) tensors, \(grouped(document.values)) values")
    }

    private func summary(of tensors: StateDict) -> Document {
        Document(input: input, output: output, tensors: tensors.count, values: tensors.elementCount)
    }
}

/// A format that Graft writes, named by a file's ending.
enum OutputFormat: String, CaseIterable {
    case npz, safetensors, pth

    /// - Throws: `ZooError` for another ending.
    init(path: String) throws(ZooError) {
        let ending = path.split(separator: "/").last?.split(separator: ".").dropFirst().last.map { $0.lowercased() }
        guard let ending, let format = OutputFormat(rawValue: ending == "pt" ? "pth" : ending) else {
            throw ZooError(
                .invalidValue, "cannot tell the format to write", file: path,
                expected: "a name that ends in .npz, .safetensors or .pth")
        }
        self = format
    }

    /// - Throws: `ZooError` for a name that a Graft model cannot have.
    static func requireModelFile(_ path: String) throws(ZooError) {
        guard try OutputFormat(path: path) == .npz else {
            throw ZooError(.invalidValue, "a model file is an .npz", file: path, expected: "a name that ends in .npz")
        }
    }

    func write(_ tensors: StateDict, metadata: ModelMetadata?, to path: String) throws {
        switch self {
        case .npz: try NPZ.write(tensors, metadata: metadata, to: path)
        case .safetensors: try Safetensors.write(tensors, to: path)
        case .pth: try TorchCheckpoint.write(tensors, to: path)
        }
    }
}
