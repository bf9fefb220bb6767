import ImageNet
public import Zoo

/// ResNet-18, 34 and 50 (He et al., arXiv:1512.03385, Table 1) with torchvision's parameters.
///
/// Stages, where the graph may be cut: `maxpool` (the stem's end), `layer1` to `layer4`.
public struct ResNet: Backbone {
    /// A column of the paper's Table 1.
    private struct Variant: Sendable {
        let name: String
        let block: ResidualBlock.Kind
        /// Blocks in each of the four stages.
        let blocks: [Int]
        let pretrained: [PretrainedEntry]
    }

    private static let table = [
        Variant(
            name: "resnet18", block: .basic, blocks: [2, 2, 2, 2],
            pretrained: [entry("resnet18-f37072fd", accuracy: 69.758)]),
        Variant(
            name: "resnet34", block: .basic, blocks: [3, 4, 6, 3],
            pretrained: [entry("resnet34-b627a593", accuracy: 73.314)]),
        Variant(
            name: "resnet50", block: .bottleneck, blocks: [3, 4, 6, 3],
            pretrained: [
                entry("resnet50-11ad3fa6", name: "imagenet1k_v2", resize: 232, accuracy: 80.858),
                entry("resnet50-0676ba61", accuracy: 76.130),
            ]),
    ]

    /// `resnet18`, `resnet34`, `resnet50`.
    public static let variants = table.map(\.name)

    private let variant: Variant

    /// - Throws: `GraftError.unknownName` for a variant that is not in the table.
    public init(variant name: String) throws(GraftError) {
        guard let variant = Self.table.first(where: { $0.name == name }) else {
            throw .unknown("ResNet", name, among: Self.variants)
        }
        self.variant = variant
    }

    /// The variant's registered name.
    public var name: String { variant.name }

    /// That of the published weights.
    public var preprocessing: Preprocessing {
        pretrained.first?.preprocessing ?? .imageNet(resize: 256, crop: 224, interpolation: .bilinear)
    }

    /// torchvision's.
    public var classifierPath: String { "fc" }

    /// torchvision's weights.
    public var pretrained: [PretrainedEntry] { variant.pretrained }

    /// Stem and four stages of blocks: `[N, H, W, 3]` to `[N, H / 32, W / 32, C]`, rounded up.
    public var features: [any Layer] {
        Conv(64, kernel: 7, stride: 2).named("conv1")
        Norm().named("bn1")
        Activation.relu.named("relu")
        Stage("maxpool", Pool.max(3, stride: 2, padding: 1))
        for (stage, blocks) in variant.blocks.enumerated() {
            Stage(
                "layer\(stage + 1)",
                Sequential(
                    (0..<blocks).map { index in
                        // Only the first block of a stage strides; the first stage has the stem's size.
                        ResidualBlock(variant.block, width: 64 << stage, stride: stage > 0 && index == 0 ? 2 : 1)
                    }))
        }
    }

    private static func entry(
        _ file: String, name: String = "imagenet1k_v1", resize: Int = 256, accuracy: Double
    ) -> PretrainedEntry {
        .torchvision(file, name: name, resize: resize, accuracy: accuracy, model: "resnet.py")
    }
}
