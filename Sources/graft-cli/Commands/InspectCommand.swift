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

    func run() throws {
        var weights = try WeightFile(path: file)
        if let choice = self.weights { weights = try weights.meaning(choice) }
        if json { return try JSONOutput.show(weights.document) }
        var table = TextTable([("TENSOR", .left), ("SHAPE", .right), ("TYPE", .left)])
        for entry in weights.entries {
            table.add(entry.name.onOneLine, Tensor.describe(entry.shape), entry.dtype.rawValue)
        }
        table.show()
        print(
            "\n\(file.shown): \(weights.format.rawValue), \(weights.entries.count) tensors, "
                + "\(NumberText.grouped(weights.entries.valueCount)) values"
        )
        show(weights)
        if let metadata = weights.metadata { show(metadata) }
    }

    /// What lies beside the tensors above.
    private func show(_ weights: WeightFile) {
        for row in weights.refused { print("not read       \(row.name.onOneLine): \(row.kind)") }
        if weights.sets.count > 1 {
            for row in weights.sets.prefix(Self.shown) {
                let mark = row.name == weights.set?.name ? " (shown above)" : ""
                let name = row.name.isEmpty ? "(outermost)" : row.name
                print(
                    "set            \(name.onOneLine): \(row.tensors) tensors, "
                        + "\(NumberText.grouped(row.values)) values\(mark)")
            }
            rest(weights.sets.count, "sets")
        }
        for row in weights.opaque.prefix(Self.shown) {
            print("never built    \(row.path.onOneLine): \(row.type.onOneLine)")
        }
        rest(weights.opaque.count, "objects")
        for note in weights.notes { print("note           \(note.onOneLine)") }
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
        if metadata.quantization != nil { print("computes       in 8 bits where it can") }
        if let precision = metadata.precision {
            print("computes       in \(precision.kind) up to \(precision.through), then in float32".onOneLine)
        }
        if !metadata.weightsSHA256.isEmpty { print("weights        sha256 \(metadata.weightsSHA256.onOneLine)") }
        if let base = metadata.base { print("trained from   \(base.name), sha256 \(base.sha256)".onOneLine) }
        if let base = metadata.headOf { print("fits only      \(base.name), sha256 \(base.sha256)".onOneLine) }
        if let seed = metadata.seed { print("seed           \(seed)") }
        print("licence        \(metadata.licence.onOneLine)")
        print("source         \(metadata.source.onOneLine)")
    }
}
