public import Zoo

/// MobileNetV4-Conv small, medium and large and Hybrid medium (Qin et al., arXiv:2404.10518) with timm's parameters.
///
/// Stages, where the graph may be cut: `blocks.0` to `blocks.4`.
public struct MobileNetV4: Backbone {
    /// `mobilenetv4_conv_small`, `mobilenetv4_conv_medium`, `mobilenetv4_conv_large`, `mobilenetv4_hybrid_medium`.
    public static let variants = Variant.all.map(\.name)

    private let variant: Variant

    /// - Throws: `GraftError.unknownName` for a variant that is not in the table.
    public init(variant name: String) throws(GraftError) {
        guard let variant = Variant.all.first(where: { $0.name == name }) else {
            throw .unknown("MobileNetV4", name, among: Self.variants)
        }
        self.variant = variant
    }

    /// The variant's registered name.
    public var name: String { variant.name }

    /// What timm trained and evaluated with.
    public var preprocessing: Preprocessing {
        .imageNet(resize: variant.resize, crop: variant.crop, interpolation: .bicubic)
    }

    /// Stem and five stages of blocks: `[N, H, W, 3]` to `[N, H / 32, W / 32, 960]`, rounded up.
    public var features: [any Layer] {
        Conv(variant.stem, kernel: 3, stride: 2).named("conv_stem")
        Norm().named("bn1")
        Activation.relu.named("bn1.act")
        for (index, rows) in variant.stages.enumerated() {
            Stage("blocks.\(index)", Sequential(rows.flatMap { $0 }))
        }
    }

    /// The last convolution comes after the pooling: `[N, 960]` to `[N, 1280]`.
    public var neck: [any Layer] {
        Conv(1280, kernel: 1).named("conv_head")
        Norm().named("norm_head")
        Activation.relu.named("norm_head.act")
    }
}
