import Zoo

/// What the tensors of a transformer encoder are called.
struct EncoderNames: Sendable {
    /// The convolution over patches, the class token, registers, the table of positions.
    let patches: String
    let classToken: String
    let registers: String
    let positions: String
    /// What the blocks' numbers follow.
    let blocks: String
    /// Inside a block.
    let norms: (String, String)
    let qkv: String
    /// torchvision's `in_proj_weight` has no dot before `weight`.
    let qkvPrefix: String
    let projection: String
    let hidden: (String, String)
    /// After the blocks.
    let norm: String
    let classifier: String

    static let torchvision = EncoderNames(
        patches: "conv_proj", classToken: "class_token", registers: "register_tokens",
        positions: "encoder.pos_embedding", blocks: "encoder.layers.encoder_layer_", norms: ("ln_1", "ln_2"),
        qkv: "self_attention", qkvPrefix: "in_proj_", projection: "self_attention.out_proj",
        hidden: ("mlp.0", "mlp.3"), norm: "encoder.ln", classifier: "heads.head")

    /// timm's, which DeiT and DINOv2 share.
    static let timm = timm(registers: "register_tokens")

    /// - Parameter registers: DINOv2's publisher calls them `register_tokens`, timm `reg_token`.
    static func timm(registers: String) -> EncoderNames {
        EncoderNames(
            patches: "patch_embed.proj", classToken: "cls_token", registers: registers, positions: "pos_embed",
            blocks: "blocks.", norms: ("norm1", "norm2"), qkv: "attn.qkv", qkvPrefix: "", projection: "attn.proj",
            hidden: ("mlp.fc1", "mlp.fc2"), norm: "norm", classifier: "head")
    }
}

/// Attention and a perceptron at every token, each behind a layer norm and added to what comes in.
struct EncoderBlock: CompositeLayer {
    let names: EncoderNames
    let width: Int
    let heads: Int
    let hasLayerScale: Bool

    var layers: [any Layer] {
        Residual {
            LayerNorm().named(names.norms.0)
            Dense(3 * width, parameterPrefix: names.qkvPrefix).named(names.qkv)
            Attention(heads: heads).named(names.qkv)
            Dense(width).named(names.projection)
            if hasLayerScale { LayerScale().named("ls1") }
        }.named("")
        Residual {
            LayerNorm().named(names.norms.1)
            Dense(4 * width).named(names.hidden.0)
            Activation.gelu.named(names.hidden.0)
            Dense(width).named(names.hidden.1)
            if hasLayerScale { LayerScale().named("ls2") }
        }.named("")
    }
}

/// A transformer over an image's patches: what the families differ in.
struct Encoder: Sendable {
    let names: EncoderNames
    let width: Int
    let heads: Int
    let depth: Int
    let patch: Int
    /// The side of the image that the table of positions was made for.
    let side: Int
    var registers = 0
    var hasLayerScale = false
    /// Whether the table of positions has a row for the class token.
    var placesClassToken = true
    var resampling = PositionResampling.bicubic(antialias: true)

    /// The class token and registers.
    var prefixTokens: Int { 1 + registers }

    /// From the image to the last tokens, a stage a block.
    @LayerBuilder var layers: [any Layer] {
        Stage(
            names.patches,
            Conv(width, kernel: Extent(patch), stride: Extent(patch), padding: .symmetric(0), bias: true))
        TokenEmbedding(
            tokens: [.init(names.classToken, hasPosition: placesClassToken)]
                + (registers > 0 ? [.init(names.registers, count: registers, hasPosition: false)] : []),
            positions: .init(names.positions, grid: Extent(side / patch), resampling: resampling)
        ).named("")
        for index in 0..<depth {
            Stage(
                "\(names.blocks)\(index)",
                EncoderBlock(names: names, width: width, heads: heads, hasLayerScale: hasLayerScale))
        }
        Stage(names.norm, LayerNorm())
    }
}
