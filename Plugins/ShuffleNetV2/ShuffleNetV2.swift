import ImageNet
public import Zoo

/// ShuffleNetV2 at four widths (Ma et al., arXiv:1807.11164, Table 5) with torchvision's parameters.
///
/// Stages, where the graph may be cut: `maxpool` (the stem's end), `stage2` to `stage4`, `conv5`.
public struct ShuffleNetV2: Backbone {
    private struct Variant: Sendable {
        let name: String
        /// Channels of `stage2` to `stage4` and of the last convolution.
        let channels: [Int]
        let pretrained: PretrainedEntry
    }

    private static let table = [
        Variant(
            name: "shufflenet_v2_x0_5", channels: [48, 96, 192, 1024],
            pretrained: entry("x0.5-f707e7126e", accuracy: 60.552)),
        Variant(
            name: "shufflenet_v2_x1_0", channels: [116, 232, 464, 1024],
            pretrained: entry("x1-5666bf0f80", accuracy: 69.362)),
        Variant(
            name: "shufflenet_v2_x1_5", channels: [176, 352, 704, 1024],
            pretrained: entry("x1_5-3c479a10", resize: 232, accuracy: 72.996)),
        Variant(
            name: "shufflenet_v2_x2_0", channels: [244, 488, 976, 2048],
            pretrained: entry("x2_0-8be3c8ee", resize: 232, accuracy: 76.230)),
    ]

    /// `shufflenet_v2_x0_5`, `x1_0`, `x1_5` and `x2_0`.
    public static let variants = table.map(\.name)

    private let variant: Variant

    /// - Throws: `GraftError.unknownName` for a variant that is not in the table.
    public init(variant name: String) throws(GraftError) {
        guard let variant = Self.table.first(where: { $0.name == name }) else {
            throw .unknown("ShuffleNetV2", name, among: Self.variants)
        }
        self.variant = variant
    }

    /// The variant's registered name.
    public var name: String { variant.name }

    /// That of the published weights.
    public var preprocessing: Preprocessing { variant.pretrained.preprocessing }

    /// torchvision's.
    public var classifierPath: String { "fc" }

    /// torchvision's weights.
    public var pretrained: [PretrainedEntry] { [variant.pretrained] }

    /// Stem, three stages of blocks, last convolution: `[N, H, W, 3]` to `[N, H / 32, W / 32, C]`, rounded up.
    public var features: [any Layer] {
        ConvNormActivation(24, kernel: 3, stride: 2, activation: .relu).named("conv1")
        Stage("maxpool", Pool.max(3, stride: 2, padding: 1))
        for (index, blocks) in [4, 8, 4].enumerated() {
            Stage("stage\(index + 2)") {
                for number in 0..<blocks { Block(channels: variant.channels[index], strides: number == 0) }
            }
        }
        Stage("conv5", ConvNormActivation(variant.channels[3], kernel: 1, activation: .relu))
    }

    private static func entry(_ file: String, resize: Int = 256, accuracy: Double) -> PretrainedEntry {
        .torchvision("shufflenetv2_\(file)", resize: resize, accuracy: accuracy, model: "shufflenetv2.py")
    }
}
