import ImageNet
public import Zoo

/// Vision transformers (Dosovitskiy et al., arXiv:2010.11929, Table 1) with the parameters of torchvision (`vit_b_16`) or of
/// timm (`vit_small_patch16_224`), for which Hugging Face's names are understood. Any image whose sides are multiples of the patch; positions are resampled as timm does it.
///
/// Stages, where the graph may be cut: the patches, every block, the last norm.
public struct VisionTransformer: Backbone {
    private struct Variant: Sendable {
        let name: String
        let names: EncoderNames
        let width: Int
        let heads: Int
        let patch: Int
        var pretrained: [PretrainedEntry] = []
    }

    private static let table = [
        Variant(name: "vit_tiny_patch16_224", names: .timm, width: 192, heads: 3, patch: 16),
        Variant(name: "vit_small_patch16_224", names: .timm, width: 384, heads: 6, patch: 16),
        Variant(name: "vit_small_patch32_224", names: .timm, width: 384, heads: 6, patch: 32),
        Variant(name: "vit_base_patch16_224", names: .timm, width: 768, heads: 12, patch: 16),
        Variant(name: "vit_base_patch32_224", names: .timm, width: 768, heads: 12, patch: 32),
        Variant(
            name: "vit_b_16", names: .torchvision, width: 768, heads: 12, patch: 16,
            pretrained: [
                .torchvision("vit_b_16-c867db91", accuracy: 81.072, model: "vision_transformer.py")
            ]),
        Variant(
            name: "vit_b_32", names: .torchvision, width: 768, heads: 12, patch: 32,
            pretrained: [
                .torchvision("vit_b_32-d86f8d99", accuracy: 75.912, model: "vision_transformer.py")
            ]),
    ]

    /// timm's tiny, small and base, torchvision's `vit_b_16` and `vit_b_32`.
    public static let variants = table.map(\.name)

    private let variant: Variant

    /// - Throws: `GraftError.unknownName` for a variant that is not in the table.
    public init(variant name: String) throws(GraftError) {
        guard let variant = Self.table.first(where: { $0.name == name }) else {
            throw .unknown("VisionTransformer", name, among: Self.variants)
        }
        self.variant = variant
    }

    private var encoder: Encoder {
        Encoder(
            names: variant.names, width: variant.width, heads: variant.heads, depth: 12, patch: variant.patch, side: 224
        )
    }

    /// The variant's registered name.
    public var name: String { variant.name }

    /// That of the published weights; timm's own are prepared with mean and deviation 0.5.
    public var preprocessing: Preprocessing {
        if let first = pretrained.first { return first.preprocessing }
        var result = Preprocessing.imageNet(resize: 248, crop: 224, interpolation: .bicubic)
        result.mean = [0.5, 0.5, 0.5]
        result.std = [0.5, 0.5, 0.5]
        return result
    }

    /// The class token.
    public var pooling: Pooling { .token }
    /// The class token.
    public var prefixTokens: Int { encoder.prefixTokens }
    /// torchvision's or timm's.
    public var classifierPath: String { variant.names.classifier }
    /// torchvision's weights.
    public var pretrained: [PretrainedEntry] { variant.pretrained }

    /// `[N, H, W, 3]` to `[N, 1 + H / patch * W / patch, width]`.
    public var features: [any Layer] { encoder.layers }

    /// Hugging Face's queries, keys and values.
    public var joinedTensors: [TensorJoin] { variant.names.hidden.0 == "mlp.0" ? [] : HuggingFaceNames.joins }

    /// The graph's name; torchvision's checkpoints call a block's perceptron as its first release did.
    public func parameterName(forCheckpointName name: String) -> String? {
        guard variant.names.hidden.0 == "mlp.0" else { return HuggingFaceNames.timm(name) }
        for (old, new) in [(".mlp.linear_1.", ".mlp.0."), (".mlp.linear_2.", ".mlp.3.")] {
            guard let found = name.firstRange(of: old) else { continue }
            return name.replacingCharacters(in: found, with: new)
        }
        return name
    }
}

extension String {
    fileprivate func firstRange(of text: String) -> Range<String.Index>? {
        indices.first { self[$0...].hasPrefix(text) }.map { $0..<index($0, offsetBy: text.count) }
    }

    fileprivate func replacingCharacters(in range: Range<Index>, with text: String) -> String {
        String(self[..<range.lowerBound]) + text + String(self[range.upperBound...])
    }
}
