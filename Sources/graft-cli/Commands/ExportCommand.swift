import ArgumentParser
import Exchange
import Graft
import Weights
import Zoo

struct ExportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Write a model for other programs: .npz, .safetensors, .pth or .onnx.",
        discussion: """
            The output's format is told by its name. Tensors have torchvision's names; classes and preprocessing go with
            them. With --head-only the backbone stays behind: the file is small and fits only the base that the head was
            trained on, which graft import --base checks by hash.

            EXAMPLES:
              graft export runs/food/model.npz food.onnx
              graft export runs/food/model.npz food.pth
              graft export runs/food/model.npz food-head.npz --head-only
              graft export runs/food/model.npz food-small.npz --dtype float16
            """)

    @Argument(help: "A model file, or a pretrained name (BACKBONE or BACKBONE/ENTRY).", completion: .file())
    var model: String

    @Argument(help: "The file to write; its name ends in .npz, .safetensors, .pth or .onnx.", completion: .file())
    var output: String

    @Flag(help: "The head without the backbone.")
    var headOnly = false

    @Option(help: "How .npz and .safetensors keep the values: float32, or float16 at half the size.")
    var dtype = ValueType.float32

    @Flag(help: "One JSON document on standard output.")
    var json = false

    func run() throws {
        let format = try ModelFormat(path: output)
        let written = try PortableModel.open(model).write(to: output, headOnly: headOnly, storage: dtype.storage)
        if json {
            return try JSONOutput.show([
                "model": model, "output": output, "format": format.rawValue, "dtype": dtype.rawValue,
                "tensors": written.tensors, "values": written.values, "head_of": written.headOf,
                "greatest_logit_difference": written.loss?.greatestDifference,
            ])
        }
        print("\(output.shown): \(written.tensors) tensors, \(NumberText.grouped(written.values)) values")
        if let base = written.headOf { print("fits only      \(base.name), SHA-256 \(base.sha256)".onOneLine) }
        if let loss = written.loss {
            print(
                "float16        greatest logit difference \(scientific(loss.greatestDifference)) on \(loss.pictures) "
                    + "probe pictures (largest logit \(decimals(loss.largestLogit, 2))); "
                    + "\(loss.sameClass) of \(loss.pictures) keep their class")
        }
    }
}

/// How a file keeps its values.
enum ValueType: String, CaseIterable, ExpressibleByArgument {
    case float32, float16

    var storage: Storage {
        switch self {
        case .float32: .float32
        case .float16: .float16
        }
    }
}

extension PortableModel {
    /// The model that a user named, with a progress line while weights are downloaded.
    static func open(_ model: String) throws -> PortableModel {
        let progress = ProgressLine("getting weights", unit: "bytes")
        defer { progress.finish() }
        return try PortableModel(model, registry: try Registry.builtIn()) {
            progress.update(done: $0.bytesDone, total: $0.bytesTotal)
        }
    }
}
