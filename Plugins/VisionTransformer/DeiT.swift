import ImageNet
public import Zoo

/// Data-efficient image transformers (Touvron et al., arXiv:2012.12877, Table 1) with the parameters of timm and of their
/// publisher. They differ from `VisionTransformer` in how they were trained.
public struct DeiT: Backbone {
    private struct Variant: Sendable {
        let name: String
        let width: Int
        let heads: Int
        let file: String
        let accuracy: Double
    }

    private static let table = [
        Variant(
            name: "deit_tiny_patch16_224", width: 192, heads: 3, file: "deit_tiny_patch16_224-a1311bcf", accuracy: 72.2),
        Variant(
            name: "deit_small_patch16_224", width: 384, heads: 6, file: "deit_small_patch16_224-cd65a155",
            accuracy: 79.9),
        Variant(
            name: "deit_base_patch16_224", width: 768, heads: 12, file: "deit_base_patch16_224-b5f2ef4d",
            accuracy: 81.8),
    ]

    /// `deit_tiny_patch16_224`, `deit_small_patch16_224`, `deit_base_patch16_224`.
    public static let variants = table.map(\.name)

    private let variant: Variant

    /// - Throws: `GraftError.unknownName` for a variant that is not in the table.
    public init(variant name: String) throws(GraftError) {
        guard let variant = Self.table.first(where: { $0.name == name }) else {
            throw .unknown("DeiT", name, among: Self.variants)
        }
        self.variant = variant
    }

    private var encoder: Encoder {
        Encoder(names: .timm, width: variant.width, heads: variant.heads, depth: 12, patch: 16, side: 224)
    }

    /// The variant's registered name.
    public var name: String { variant.name }
    /// That of the published weights.
    public var preprocessing: Preprocessing { .imageNet(resize: 256, crop: 224, interpolation: .bicubic) }
    /// The class token.
    public var pooling: Pooling { .token }
    /// The class token.
    public var prefixTokens: Int { encoder.prefixTokens }
    /// `head`
    public var classifierPath: String { EncoderNames.timm.classifier }

    /// The paper's weights.
    public var pretrained: [PretrainedEntry] {
        [
            PretrainedEntry(
                name: "imagenet1k", url: "https://dl.fbaipublicfiles.com/deit/\(variant.file).pth",
                sha256Prefix: String(variant.file.suffix(8)), preprocessing: preprocessing,
                classes: ImageNetClasses.names, accuracy: variant.accuracy, licence: "Apache-2.0",
                source: "DeiT, https://github.com/facebookresearch/deit/blob/main/README_deit.md")
        ]
    }

    /// Hugging Face's queries, keys and values.
    public var joinedTensors: [TensorJoin] { HuggingFaceNames.joins }

    /// timm's name for one of Hugging Face's; others stay.
    public func parameterName(forCheckpointName name: String) -> String? { HuggingFaceNames.timm(name) }

    /// `[N, H, W, 3]` to `[N, 1 + H / 16 * W / 16, width]`.
    public var features: [any Layer] { encoder.layers }
}
