public import Zoo

/// PP-HGNetV2 B0 to B6 of PaddleClas with timm's parameters.
///
/// Stages, where the graph may be cut: `stem` and `stages.0` to `stages.3`.
public struct HGNetV2: Backbone {
    /// A row of timm's table.
    private struct Variant: Sendable {
        let name: String
        /// Channels inside the stem and at its end.
        let stem: [Int]
        /// Of each of the four stages: channels of a layer and at the end, blocks.
        let stages: [(inner: Int, outputs: Int, blocks: Int)]
        /// Layers of a block.
        let layers: Int
        /// Whether activations have a learnt factor and shift.
        let isAffine: Bool
    }

    private static let table = [
        row("hgnetv2_b0", [16, 16], [(16, 64, 1), (32, 256, 1), (64, 512, 2), (128, 1024, 1)], layers: 3),
        row("hgnetv2_b1", [24, 32], [(32, 64, 1), (48, 256, 1), (96, 512, 2), (192, 1024, 1)], layers: 3),
        row("hgnetv2_b2", [24, 32], [(32, 96, 1), (64, 384, 1), (128, 768, 3), (256, 1536, 1)], layers: 4),
        row("hgnetv2_b3", [24, 32], [(32, 128, 1), (64, 512, 1), (128, 1024, 3), (256, 2048, 1)], layers: 5),
        row(
            "hgnetv2_b4", [32, 48], [(48, 128, 1), (96, 512, 1), (192, 1024, 3), (384, 2048, 1)], layers: 6,
            isAffine: false),
        row(
            "hgnetv2_b5", [32, 64], [(64, 128, 1), (128, 512, 2), (256, 1024, 5), (512, 2048, 2)], layers: 6,
            isAffine: false),
        row(
            "hgnetv2_b6", [48, 96], [(96, 192, 2), (192, 512, 3), (384, 1024, 6), (768, 2048, 3)], layers: 6,
            isAffine: false),
    ]

    private static func row(
        _ name: String, _ stem: [Int], _ stages: [(Int, Int, Int)], layers: Int, isAffine: Bool = true
    ) -> Variant {
        Variant(
            name: name, stem: stem, stages: stages.map { (inner: $0.0, outputs: $0.1, blocks: $0.2) }, layers: layers,
            isAffine: isAffine)
    }

    /// `hgnetv2_b0` to `hgnetv2_b6`.
    public static let variants = table.map(\.name)

    private let variant: Variant

    /// - Throws: `GraftError.unknownName` for a variant that is not in the table.
    public init(variant name: String) throws(GraftError) {
        guard let variant = Self.table.first(where: { $0.name == name }) else {
            throw .unknown("HGNetV2", name, among: Self.variants)
        }
        self.variant = variant
    }

    /// The variant's registered name.
    public var name: String { variant.name }
    /// What timm evaluates with.
    public var preprocessing: Preprocessing { .imageNet(resize: 232, crop: 224, interpolation: .bicubic) }
    /// timm's.
    public var classifierPath: String { "head.fc" }

    /// A stem and four stages of blocks: `[N, H, W, 3]` to `[N, H / 32, W / 32, C]`, rounded up.
    public var features: [any Layer] {
        let isAffine = variant.isAffine
        Stage("stem", HGStem(inner: variant.stem[0], outputs: variant.stem[1], isAffine: isAffine))
        for (index, row) in variant.stages.enumerated() {
            let inputs = index > 0 ? variant.stages[index - 1].outputs : variant.stem[1]
            Stage("stages.\(index)") {
                if index > 0 {
                    ConvBlock(inputs, kernel: 3, stride: 2, groups: inputs, activates: false, isAffine: isAffine)
                        .named("downsample")
                }
                for block in 0..<row.blocks {
                    HGBlock(
                        inner: row.inner, outputs: row.outputs, count: variant.layers, isLight: index > 1,
                        isResidual: block > 0, isAffine: isAffine
                    ).named("blocks.\(block)")
                }
            }
        }
    }

    /// The last convolution comes after the pooling: `[N, C]` to `[N, 2048]`.
    public var neck: [any Layer] {
        Conv(2048, kernel: 1).named("head.last_conv.0")
        Activation.relu.named("head.last_conv.1")
        if variant.isAffine { LearntAffine().named("head.last_conv.2") }
    }
}
