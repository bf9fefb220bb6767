public import Zoo

/// RepViT (Wang et al., arXiv:2307.09283) with timm's parameters.
///
/// A depthwise filter has three branches, which train apart. Where a plan for use is made they become one filter.
///
/// Stages, where the graph may be cut: the stem's end, `stem.conv2`, and `stages.0` to `stages.3`.
public struct RepViT: Backbone {
    private struct Variant: Sendable {
        let name: String
        let widths: [Int]
        /// Blocks of each of the four stages.
        let blocks: [Int]
        /// Whether the 1x1 filter has a batch norm of its own in place of one behind the sum.
        var isFirstRelease = false
    }

    private static let table = [
        Variant(name: "repvit_m1", widths: [48, 96, 192, 384], blocks: [2, 2, 14, 2], isFirstRelease: true),
        Variant(name: "repvit_m2", widths: [64, 128, 256, 512], blocks: [2, 2, 12, 2], isFirstRelease: true),
        Variant(name: "repvit_m3", widths: [64, 128, 256, 512], blocks: [4, 4, 18, 2], isFirstRelease: true),
        Variant(name: "repvit_m0_9", widths: [48, 96, 192, 384], blocks: [2, 2, 14, 2]),
        Variant(name: "repvit_m1_0", widths: [56, 112, 224, 448], blocks: [2, 2, 14, 2]),
        Variant(name: "repvit_m1_1", widths: [64, 128, 256, 512], blocks: [2, 2, 12, 2]),
        Variant(name: "repvit_m1_5", widths: [64, 128, 256, 512], blocks: [4, 4, 24, 4]),
        Variant(name: "repvit_m2_3", widths: [80, 160, 320, 640], blocks: [6, 6, 34, 2]),
    ]

    /// timm's `repvit_m1`, `_m2`, `_m3` and `repvit_m0_9` to `_m2_3`.
    public static let variants = table.map(\.name)

    private let variant: Variant

    /// - Throws: `GraftError.unknownName` for a variant that is not in the table.
    public init(variant name: String) throws(GraftError) {
        guard let variant = Self.table.first(where: { $0.name == name }) else {
            throw .unknown("RepViT", name, among: Self.variants)
        }
        self.variant = variant
    }

    /// The variant's registered name.
    public var name: String { variant.name }
    /// What timm trained and evaluated with.
    public var preprocessing: Preprocessing { .imageNet(resize: 235, crop: 224, interpolation: .bicubic) }
    /// timm's.
    public var classifierPath: String { "head.head.l" }

    /// Two convolutions and four stages of blocks: `[N, H, W, 3]` to `[N, H / 32, W / 32, C]`, rounded up.
    public var features: [any Layer] {
        ConvNorm(variant.widths[0] / 2, kernel: 3, stride: 2).named("stem.conv1")
        Activation.gelu.named("stem.act1")
        Stage("stem.conv2", ConvNorm(variant.widths[0], kernel: 3, stride: 2))
        for (index, width) in variant.widths.enumerated() {
            Stage("stages.\(index)") {
                if index > 0 {
                    Reduction(
                        inputs: variant.widths[index - 1], outputs: width, isFirstRelease: variant.isFirstRelease
                    ).named("downsample")
                }
                for block in 0..<variant.blocks[index] {
                    RepViTBlock(width: width, squeezes: block % 2 == 0, isFirstRelease: variant.isFirstRelease)
                        .named("blocks.\(block)")
                }
            }
        }
    }

    /// The norm before the classifier.
    public var neck: [any Layer] { Norm().named("head.head.bn") }
}
