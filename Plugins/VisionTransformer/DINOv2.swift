public import Zoo

/// DINOv2 (Oquab et al., arXiv:2304.07193) with and without registers (arXiv:2309.16588), with the parameters of its
/// publisher, or as timm keeps those with registers: the class token's position is part of the token there. Features without a classifier: a head is trained on them. Any image whose sides are multiples of 14.
public struct DINOv2: Backbone {
    private struct Variant: Sendable {
        let name: String
        let width: Int
        let heads: Int
        let registers: Int
        var followsTimm = false
    }

    private static let table = [
        Variant(name: "dinov2_vits14", width: 384, heads: 6, registers: 0),
        Variant(name: "dinov2_vitb14", width: 768, heads: 12, registers: 0),
        Variant(name: "dinov2_vits14_reg", width: 384, heads: 6, registers: 4),
        Variant(name: "dinov2_vitb14_reg", width: 768, heads: 12, registers: 4),
        Variant(name: "vit_small_patch14_reg4_dinov2", width: 384, heads: 6, registers: 4, followsTimm: true),
        Variant(name: "vit_base_patch14_reg4_dinov2", width: 768, heads: 12, registers: 4, followsTimm: true),
    ]

    /// `dinov2_vits14`, `dinov2_vitb14`, those with registers, `…_reg`, and the same as timm has them,
    /// `vit_small_patch14_reg4_dinov2` and `vit_base_patch14_reg4_dinov2`.
    public static let variants = table.map(\.name)

    private let variant: Variant

    /// - Throws: `GraftError.unknownName` for a variant that is not in the table.
    public init(variant name: String) throws(GraftError) {
        guard let variant = Self.table.first(where: { $0.name == name }) else {
            throw .unknown("DINOv2", name, among: Self.variants)
        }
        self.variant = variant
    }

    private var names: EncoderNames { variant.followsTimm ? .timm(registers: "reg_token") : .timm }

    private var encoder: Encoder {
        Encoder(
            names: names, width: variant.width, heads: variant.heads, depth: 12, patch: 14, side: 518,
            registers: variant.registers, hasLayerScale: true, placesClassToken: !variant.followsTimm,
            // The first models were trained with an offset that the later ones dropped.
            resampling: variant.registers > 0
                ? .bicubic(antialias: true) : .bicubic(antialias: false, offset: 0.1))
    }

    /// The variant's registered name.
    public var name: String { variant.name }
    /// That of the paper's evaluation.
    public var preprocessing: Preprocessing { .imageNet(resize: 256, crop: 224, interpolation: .bicubic) }
    /// The class token.
    public var pooling: Pooling { .token }
    /// The class token and registers.
    public var prefixTokens: Int { encoder.prefixTokens }
    /// `head`
    public var classifierPath: String { EncoderNames.timm.classifier }

    /// `[N, H, W, 3]` to `[N, tokens + H / 14 * W / 14, width]`.
    public var features: [any Layer] { encoder.layers }

    /// Hugging Face's queries, keys and values.
    public var joinedTensors: [TensorJoin] { HuggingFaceNames.joins }

    /// The graph's name for its publisher's or Hugging Face's; nil for the token that only pretraining needs.
    public func parameterName(forCheckpointName name: String) -> String? {
        switch name {
        case "mask_token": nil
        case "reg_token": names.registers
        default: HuggingFaceNames.timm(name)
        }
    }
}
