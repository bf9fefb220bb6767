import ImageNet
public import Zoo

/// Swin Transformer tiny, small and base (Liu et al., arXiv:2103.14030, section 3.3) with torchvision's parameters;
/// timm's names and those of `transformers` are understood. Any image: windows are completed with zeros, as torchvision does it.
///
/// Stages, where the graph may be cut: `features.0` (the patches) to `features.7`, then `norm`.
public struct SwinTransformer: Backbone {
    private struct Variant: Sendable {
        let name: String
        let width: Int
        /// Blocks and heads of each of the four stages.
        let blocks: [Int]
        let heads: [Int]
        /// The probability that training skips the last block.
        let drop: Double
        let pretrained: PretrainedEntry
    }

    private static let table = [
        Variant(
            name: "swin_t", width: 96, blocks: [2, 2, 6, 2], heads: [3, 6, 12, 24], drop: 0.2,
            pretrained: entry("swin_t-704ceda3", resize: 232, accuracy: 81.474)),
        Variant(
            name: "swin_s", width: 96, blocks: [2, 2, 18, 2], heads: [3, 6, 12, 24], drop: 0.3,
            pretrained: entry("swin_s-5e29d889", resize: 246, accuracy: 83.196)),
        Variant(
            name: "swin_b", width: 128, blocks: [2, 2, 18, 2], heads: [4, 8, 16, 32], drop: 0.5,
            pretrained: entry("swin_b-68c6b09e", resize: 238, accuracy: 83.582)),
    ]

    /// `swin_t`, `swin_s`, `swin_b`.
    public static let variants = table.map(\.name)

    private let variant: Variant

    /// - Throws: `GraftError.unknownName` for a variant that is not in the table.
    public init(variant name: String) throws(GraftError) {
        guard let variant = Self.table.first(where: { $0.name == name }) else {
            throw .unknown("SwinTransformer", name, among: Self.variants)
        }
        self.variant = variant
    }

    /// The variant's registered name.
    public var name: String { variant.name }
    /// That of the published weights.
    public var preprocessing: Preprocessing { variant.pretrained.preprocessing }
    /// `head`
    public var classifierPath: String { "head" }
    /// torchvision's weights.
    public var pretrained: [PretrainedEntry] { [variant.pretrained] }

    /// Patches of 4 by 4 and four stages of blocks, each but the first behind a reduction:
    /// `[N, H, W, 3]` to `[N, H / 32, W / 32, 8 * width]`, the first division rounded down, the others up.
    public var features: [any Layer] {
        Stage("features.0") {
            Conv(variant.width, kernel: 4, stride: 4, padding: .symmetric(0), bias: true).named("0")
            LayerNorm(epsilon: 1e-5).named("2")
        }
        for stage in 0..<4 {
            if stage > 0 { Stage("features.\(2 * stage)", PatchMerging()) }
            Stage("features.\(2 * stage + 1)", Sequential((0..<variant.blocks[stage]).map { block($0, of: stage) }))
        }
        Stage("norm", LayerNorm(epsilon: 1e-5))
    }

    /// Every other block has its windows shifted by half their size.
    private func block(_ index: Int, of stage: Int) -> SwinBlock {
        let before = variant.blocks[..<stage].reduce(0, +), all = variant.blocks.reduce(0, +)
        return SwinBlock(
            width: variant.width << stage, heads: variant.heads[stage], window: 7, shift: index % 2 == 0 ? 0 : 3,
            drop: variant.drop * Double(before + index) / Double(all - 1))
    }

    /// Those of `transformers`.
    public var joinedTensors: [TensorJoin] { SwinNames.joins }

    /// torchvision's name for one of timm's or of `transformers`; nil for what follows from the window's size.
    public func parameterName(forCheckpointName name: String) -> String? { SwinNames.torchvision(name) }

    private static func entry(_ file: String, resize: Int, accuracy: Double) -> PretrainedEntry {
        .torchvision(
            file, resize: resize, interpolation: .bicubic, accuracy: accuracy, model: "swin_transformer.py")
    }
}

/// Attention within windows and a perceptron at every position, each behind a layer norm and added to what comes in.
private struct SwinBlock: CompositeLayer {
    let width: Int
    let heads: Int
    let window: Extent
    let shift: Extent
    let drop: Double

    var layers: [any Layer] {
        Residual(drop: drop) {
            LayerNorm(epsilon: 1e-5).named("norm1")
            // Its bias belongs to attention: where the image ends, it is all that queries, keys and values are.
            Dense(3 * width, bias: false).named("attn.qkv")
            Attention(heads: heads, windows: .init(window, shift: shift)).named("attn")
            Dense(width).named("attn.proj")
        }.named("")
        Residual(drop: drop) {
            LayerNorm(epsilon: 1e-5).named("norm2")
            Dense(4 * width).named("mlp.0")
            Activation.gelu.named("mlp.1")
            Dense(width).named("mlp.3")
        }.named("")
    }
}

/// Squares of 2 by 2 positions become one, with twice the channels.
private struct PatchMerging: Layer {
    func build(_ input: Value, in graph: inout GraphBuilder) throws(GraftError) -> Value {
        try Sequential {
            SpaceToDepth(2, order: .positions, roundsUp: true).named("squares")
            LayerNorm(epsilon: 1e-5).named("norm")
            Dense(2 * input.channels, bias: false).named("reduction")
        }.build(input, in: &graph)
    }
}
