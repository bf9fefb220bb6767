import ImageNet
public import Zoo

/// ConvNeXt (Liu et al., arXiv:2201.03545, section 3) with torchvision's parameters; timm's and Hugging Face's
/// names are understood.
///
/// Stages, where the graph may be cut: `features.0` (the stem) to `features.7`.
public struct ConvNeXt: Backbone {
    private struct Variant: Sendable {
        let name: String
        /// Channels and blocks of each of the four stages.
        let widths: [Int]
        let blocks: [Int]
        var pretrained: [PretrainedEntry] = []
    }

    private static let table = [
        Variant(name: "convnext_atto", widths: [40, 80, 160, 320], blocks: [2, 2, 6, 2]),
        Variant(name: "convnext_femto", widths: [48, 96, 192, 384], blocks: [2, 2, 6, 2]),
        Variant(name: "convnext_pico", widths: [64, 128, 256, 512], blocks: [2, 2, 6, 2]),
        Variant(name: "convnext_nano", widths: [80, 160, 320, 640], blocks: [2, 2, 8, 2]),
        Variant(
            name: "convnext_tiny", widths: [96, 192, 384, 768], blocks: [3, 3, 9, 3],
            pretrained: [entry("convnext_tiny-983f1562", resize: 236, accuracy: 82.520)]),
        Variant(
            name: "convnext_small", widths: [96, 192, 384, 768], blocks: [3, 3, 27, 3],
            pretrained: [entry("convnext_small-0c510722", resize: 230, accuracy: 83.616)]),
        Variant(
            name: "convnext_base", widths: [128, 256, 512, 1024], blocks: [3, 3, 27, 3],
            pretrained: [entry("convnext_base-6075fbad", resize: 232, accuracy: 84.062)]),
    ]

    /// timm's `convnext_atto`, `_femto`, `_pico` and `_nano`, torchvision's `convnext_tiny`, `_small` and `_base`.
    public static let variants = table.map(\.name)

    private let variant: Variant

    /// - Throws: `GraftError.unknownName` for a variant that is not in the table.
    public init(variant name: String) throws(GraftError) {
        guard let variant = Self.table.first(where: { $0.name == name }) else {
            throw .unknown("ConvNeXt", name, among: Self.variants)
        }
        self.variant = variant
    }

    /// The variant's registered name.
    public var name: String { variant.name }

    /// That of the published weights.
    public var preprocessing: Preprocessing {
        pretrained.first?.preprocessing ?? .imageNet(resize: 236, crop: 224, interpolation: .bilinear)
    }

    /// torchvision's.
    public var classifierPath: String { "classifier.2" }
    /// torchvision's weights.
    public var pretrained: [PretrainedEntry] { variant.pretrained }

    /// Stem and four stages of blocks, each but the first behind a reduction: `[N, H, W, 3]` to `[N, H / 32, W / 32, C]`.
    public var features: [any Layer] {
        Stage("features.0") {
            Conv(variant.widths[0], kernel: 4, stride: 4, padding: .symmetric(0), bias: true)
            LayerNorm()
        }
        for stage in 0..<4 {
            if stage > 0 {
                Stage("features.\(2 * stage)") {
                    LayerNorm()
                    Conv(variant.widths[stage], kernel: 2, stride: 2, padding: .symmetric(0), bias: true)
                }
            }
            Stage(
                "features.\(2 * stage + 1)",
                Sequential((0..<variant.blocks[stage]).map { _ in Block(width: variant.widths[stage]) }))
        }
    }

    /// The pooled features' norm.
    public var neck: [any Layer] { LayerNorm().named("classifier.0") }

    /// torchvision's name for one of timm's or Hugging Face's; others stay.
    public func parameterName(forCheckpointName name: String) -> String? {
        let parts = name.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        switch (parts.first, parts.count) {
        case ("stem", 3): return "features.0.\(parts[1]).\(parts[2])"
        case ("stages", 5) where parts[2] == "downsample":
            guard let stage = Int(parts[1]) else { return name }
            return "features.\(2 * stage).\(parts[3]).\(parts[4])"
        case ("stages", 5...):
            guard let stage = Int(parts[1]), let inner = Self.timm[parts[4...].dropLast().joined(separator: ".")] else {
                return name
            }
            let block = "features.\(2 * stage + 1).\(parts[3])"
            return parts.count == 5 ? "\(block).layer_scale" : "\(block).block.\(inner).\(parts[parts.count - 1])"
        case ("embeddings", 3):
            return "features.0.\(parts[1] == "layernorm" ? 1 : 0).\(parts[2])"
        case ("encoder", 6) where parts[3] == "downsampling_layer":
            guard let stage = Int(parts[2]) else { return name }
            return "features.\(2 * stage).\(parts[4]).\(parts[5])"
        case ("encoder", 6...):
            guard let stage = Int(parts[2]) else { return name }
            let block = "features.\(2 * stage + 1).\(parts[4])"
            if parts[5] == "layer_scale_parameter" { return "\(block).layer_scale" }
            guard let inner = Self.huggingFace[parts[5]], parts.count == 7 else { return name }
            return "\(block).block.\(inner).\(parts[6])"
        case ("layernorm", 2): return "classifier.0.\(parts[1])"
        case ("classifier", 2): return "classifier.2.\(parts[1])"
        case ("head", 3):
            return parts[1] == "norm" ? "classifier.0.\(parts[2])" : "classifier.2.\(parts[2])"
        default: return name
        }
    }

    /// timm's names inside a block: where torchvision counts layers. The scale has none.
    private static let timm = ["conv_dw": 0, "norm": 2, "mlp.fc1": 3, "mlp.fc2": 5, "": 0]

    private static let huggingFace = ["dwconv": 0, "layernorm": 2, "pwconv1": 3, "pwconv2": 5]

    private static func entry(_ file: String, resize: Int, accuracy: Double) -> PretrainedEntry {
        .torchvision(file, resize: resize, accuracy: accuracy, model: "convnext.py")
    }
}

/// A depthwise convolution, then a perceptron at every position, scaled and added to what comes in.
private struct Block: CompositeLayer {
    let width: Int

    var layers: [any Layer] {
        Residual {
            Conv(width, kernel: 7, groups: width, bias: true).named("block.0")
            LayerNorm().named("block.2")
            Dense(4 * width).named("block.3")
            Activation.gelu.named("block.4")
            Dense(width).named("block.5")
            LayerScale("layer_scale", trailing: 2).named("")
        }.named("")
    }
}
