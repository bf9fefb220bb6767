import ArgumentParser
import Weights
import Zoo

struct InspectCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect",
        abstract: "Show what a weight file holds, without loading the tensors.",
        discussion: """
            EXAMPLES:
              graft inspect runs/food/model.npz
              graft inspect checkpoint.pth --json
            """)

    @Argument(help: "A .npz, .safetensors or .pth file; the format is told by the content.")
    var file: String

    @Flag(help: "One JSON document on standard output.")
    var json = false

    private struct Document: Encodable {
        struct TensorRow: Encodable {
            let name: String
            let shape: [Int]
            let dtype: String
        }

        let path: String
        let format: String
        let tensors: [TensorRow]
        let values: Int
        let metadata: ModelMetadata?
    }

    func run() throws {
        let weights = try WeightFile(path: file)
        let document = Document(
            path: file, format: weights.format.rawValue,
            tensors: weights.entries.map {
                Document.TensorRow(name: $0.name, shape: $0.shape, dtype: $0.dtype.rawValue)
            },
            values: weights.entries.reduce(0) { $0 + $1.count }, metadata: weights.metadata)
        if json { return try JSONOutput.show(document) }
        var table = TextTable([("TENSOR", .left), ("SHAPE", .right), ("TYPE", .left)])
        for row in document.tensors { table.add(row.name, Tensor.describe(row.shape), row.dtype) }
        table.show()
        print("\n\(file): \(document.format), \(document.tensors.count) tensors, \(NumberText.grouped(document.values)) values")
        if let metadata = weights.metadata { show(metadata) }
    }

    private func show(_ metadata: ModelMetadata) {
        let preprocessing = metadata.preprocessing
        let names = metadata.classes
        let shown = names.count > 8 ? names.prefix(8).joined(separator: ", ") + ", …" : names.joined(separator: ", ")
        print("backbone       \(metadata.backbone)")
        print(
            "head           \(metadata.head.kind) \(OptionValue.map(metadata.head.options)), pooling \(metadata.pooling)"
        )
        print("classes        \(names.count): \(shown)")
        print(
            "preprocessing  resize \(preprocessing.resize) \(preprocessing.interpolation.rawValue), crop "
                + "\(preprocessing.crop), mean \(preprocessing.mean), std \(preprocessing.std)")
        if !metadata.weightsSHA256.isEmpty { print("weights        sha256 \(metadata.weightsSHA256)") }
        if let base = metadata.base { print("trained from   \(base.name), sha256 \(base.sha256)") }
        if let base = metadata.headOf { print("fits only      \(base.name), sha256 \(base.sha256)") }
        if let seed = metadata.seed { print("seed           \(seed)") }
        print("licence        \(metadata.licence)")
        print("source         \(metadata.source)")
    }
}
