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
              graft inspect last.pth.tar --weights ema
            """)

    @Argument(help: "A .npz, .safetensors or .pth file; the format is told by the content.", completion: .file())
    var file: String

    @Option(help: WeightsOption.help)
    var weights: String?

    @Flag(help: "One JSON document on standard output.")
    var json = false

    private struct Document: Encodable {
        struct TensorRow: Encodable {
            let name: String
            let shape: [Int]
            let dtype: String
        }

        struct SetRow: Encodable {
            let name: String
            let tensors: Int
            let values: Int
        }

        struct OpaqueRow: Encodable {
            let path: String
            let type: String
        }

        struct RefusedRow: Encodable {
            let name: String
            let kind: String
        }

        let path: String
        let format: String
        let tensors: [TensorRow]
        let values: Int
        /// The set that `tensors` are of.
        let set: String?
        let sets: [SetRow]
        let opaque: [OpaqueRow]
        let refused: [RefusedRow]
        let notes: [String]
        let metadata: ModelMetadata?
    }

    func run() throws {
        var weights = try WeightFile(path: file)
        if let choice = self.weights { weights = try weights.meaning(choice) }
        let document = Document(
            path: file, format: weights.format.rawValue,
            tensors: weights.entries.map {
                Document.TensorRow(name: $0.name, shape: $0.shape, dtype: $0.dtype.rawValue)
            },
            values: weights.entries.reduce(0) { $0 + $1.count }, set: weights.set?.name,
            sets: weights.sets.map { Document.SetRow(name: $0.name, tensors: $0.tensors, values: $0.values) },
            opaque: weights.opaque.map { Document.OpaqueRow(path: $0.path, type: $0.type) },
            refused: weights.refused.map { Document.RefusedRow(name: $0.name, kind: $0.kind) },
            notes: weights.notes, metadata: weights.metadata)
        if json { return try JSONOutput.show(document) }
        var table = TextTable([("TENSOR", .left), ("SHAPE", .right), ("TYPE", .left)])
        for row in document.tensors { table.add(row.name.onOneLine, Tensor.describe(row.shape), row.dtype) }
        table.show()
        print(
            "\n\(file.shown): \(document.format), \(document.tensors.count) tensors, \(NumberText.grouped(document.values)) values"
        )
        show(document)
        if let metadata = weights.metadata { show(metadata) }
    }

    /// What lies beside the tensors above.
    private func show(_ document: Document) {
        for row in document.refused { print("not read       \(row.name.onOneLine): \(row.kind)") }
        if document.sets.count > 1 {
            for row in document.sets.prefix(Self.shown) {
                let mark = row.name == document.set ? " (shown above)" : ""
                let name = row.name.isEmpty ? "(outermost)" : row.name
                print(
                    "set            \(name.onOneLine): \(row.tensors) tensors, "
                        + "\(NumberText.grouped(row.values)) values\(mark)")
            }
            rest(document.sets.count, "sets")
        }
        for row in document.opaque.prefix(Self.shown) {
            print("never built    \(row.path.onOneLine): \(row.type.onOneLine)")
        }
        rest(document.opaque.count, "objects")
        for note in document.notes { print("note           \(note.onOneLine)") }
    }

    private static let shown = 20

    private func rest(_ count: Int, _ what: String) {
        if count > Self.shown { print("               and \(count - Self.shown) \(what) more (all with --json)") }
    }

    private func show(_ metadata: ModelMetadata) {
        let preprocessing = metadata.preprocessing
        let names = metadata.classes
        let shown = names.count > 8 ? names.prefix(8).joined(separator: ", ") + ", …" : names.joined(separator: ", ")
        print("backbone       \(metadata.backbone.onOneLine)")
        print(
            "head           \(metadata.head.kind) \(OptionValue.map(metadata.head.options)), pooling \(metadata.pooling)"
                .onOneLine
        )
        let noun = metadata.task == .classification ? "classes" : "\(metadata.task.outputNoun)s"
        print(noun + String(repeating: " ", count: 15 - noun.count) + "\(names.count): \(shown)")
        print(
            "preprocessing  resize \(preprocessing.resize) \(preprocessing.interpolation.rawValue), crop "
                + "\(preprocessing.crop), mean \(preprocessing.mean), std \(preprocessing.std)"
                + (preprocessing.color == .srgb ? "" : ", color \(preprocessing.color.rawValue)"))
        if !metadata.weightsSHA256.isEmpty { print("weights        sha256 \(metadata.weightsSHA256.onOneLine)") }
        if let base = metadata.base { print("trained from   \(base.name), sha256 \(base.sha256)".onOneLine) }
        if let base = metadata.headOf { print("fits only      \(base.name), sha256 \(base.sha256)".onOneLine) }
        if let seed = metadata.seed { print("seed           \(seed)") }
        print("licence        \(metadata.licence.onOneLine)")
        print("source         \(metadata.source.onOneLine)")
    }
}
