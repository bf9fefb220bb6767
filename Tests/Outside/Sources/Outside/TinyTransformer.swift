import Graft

/// Two blocks of attention over patches of 8 x 8, with a class token and learnt positions.
struct TinyTransformer: Backbone {
    static let variants = ["tiny_transformer"]

    init(variant: String) {}

    var name: String { Self.variants[0] }
    var preprocessing: Preprocessing { .imageNet(resize: 64, crop: 64, interpolation: .bilinear) }
    var pooling: Pooling { .token }
    var prefixTokens: Int { 1 }

    var features: [any Layer] {
        Stage("patches", Conv(48, kernel: 8, stride: 8, padding: .symmetric(0), bias: true))
        TokenEmbedding(tokens: [.init("class_token")], positions: .init("positions", grid: 8)).named("")
        for index in 0..<2 { Stage("blocks.\(index)", TransformerBlock(width: 48, heads: 3)) }
        Stage("norm", LayerNorm())
    }
}

struct TransformerBlock: CompositeLayer {
    let width: Int
    let heads: Int

    var layers: [any Layer] {
        Residual {
            LayerNorm().named("norm1")
            Dense(3 * width).named("attention.qkv")
            Attention(heads: heads).named("attention")
            Dense(width).named("attention.projection")
        }.named("")
        Residual {
            LayerNorm().named("norm2")
            Dense(4 * width).named("mlp.0")
            Activation.gelu.named("mlp.1")
            Dense(width).named("mlp.2")
        }.named("")
    }
}
