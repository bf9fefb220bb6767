import ImageNet
public import Zoo

/// MNASNet-B1 at four widths (Tan et al., arXiv:1807.11626, Figure 7a) with torchvision's parameters.
///
/// Stages, where the graph may be cut: `layers.7` (the stem's end), `layers.8` to `layers.13` (stacks of blocks),
/// `layers.16` (the last convolution).
public struct MNASNet: Backbone {
    private struct Variant: Sendable {
        let name: String
        /// Multiplies channels.
        let width: Double
        let pretrained: PretrainedEntry
    }

    private static let table = [
        Variant(name: "mnasnet0_5", width: 0.5, pretrained: entry("0.5_top1_67.823-3ffadce67e", accuracy: 67.734)),
        Variant(name: "mnasnet0_75", width: 0.75, pretrained: entry("0_75-7090bc5f", resize: 232, accuracy: 71.180)),
        Variant(name: "mnasnet1_0", width: 1.0, pretrained: entry("1.0_top1_73.512-f206786ef8", accuracy: 73.456)),
        Variant(name: "mnasnet1_3", width: 1.3, pretrained: entry("1_3-a4c69d6f", resize: 232, accuracy: 76.506)),
    ]

    private static let stacks = [
        Stack(channels: 24, kernel: 3, stride: 2, expand: 3, blocks: 3),
        Stack(channels: 40, kernel: 5, stride: 2, expand: 3, blocks: 3),
        Stack(channels: 80, kernel: 5, stride: 2, expand: 6, blocks: 3),
        Stack(channels: 96, kernel: 3, stride: 1, expand: 6, blocks: 2),
        Stack(channels: 192, kernel: 5, stride: 2, expand: 6, blocks: 4),
        Stack(channels: 320, kernel: 3, stride: 1, expand: 6, blocks: 1),
    ]

    /// `mnasnet0_5`, `mnasnet0_75`, `mnasnet1_0`, `mnasnet1_3`.
    public static let variants = table.map(\.name)

    /// TensorFlow's decay of 0.9997, in PyTorch's sense.
    static let norm = Norm(momentum: 1 - 0.9997)

    private let variant: Variant

    /// - Throws: `GraftError.unknownName` for a variant that is not in the table.
    public init(variant name: String) throws(GraftError) {
        guard let variant = Self.table.first(where: { $0.name == name }) else {
            throw .unknown("MNASNet", name, among: Self.variants)
        }
        self.variant = variant
    }

    /// The variant's registered name.
    public var name: String { variant.name }

    /// That of the published weights.
    public var preprocessing: Preprocessing { variant.pretrained.preprocessing }

    /// torchvision's: the classifier is dropout and this linear layer.
    public var classifierPath: String { "classifier.1" }

    /// torchvision's.
    public var classifierDropout: Double { 0.2 }

    /// torchvision's weights.
    public var pretrained: [PretrainedEntry] { [variant.pretrained] }

    /// Stem, stacks, last convolution: `[N, H, W, 3]` to `[N, H / 32, W / 32, 1280]`, rounded up.
    public var features: [any Layer] {
        let stem = scaled(32)
        Conv(stem, kernel: 3, stride: 2).named("layers.0")
        Self.norm.named("layers.1")
        Activation.relu.named("layers.2")
        Conv(stem, kernel: 3, groups: stem).named("layers.3")
        Self.norm.named("layers.4")
        Activation.relu.named("layers.5")
        Conv(scaled(16), kernel: 1).named("layers.6")
        Stage("layers.7", Self.norm)
        for (index, stack) in Self.stacks.enumerated() {
            Stage("layers.\(index + 8)") {
                for number in 0..<stack.blocks {
                    InvertedResidual(stack, channels: scaled(stack.channels), stride: number == 0 ? stack.stride : 1)
                }
            }
        }
        Conv(1280, kernel: 1).named("layers.14")
        Self.norm.named("layers.15")
        Stage("layers.16", Activation.relu)
    }

    private func scaled(_ channels: Int) -> Int { roundedChannels(Double(channels) * variant.width) }

    private static func entry(_ file: String, resize: Int = 256, accuracy: Double) -> PretrainedEntry {
        .torchvision("mnasnet\(file)", resize: resize, accuracy: accuracy, model: "mnasnet.py")
    }
}
