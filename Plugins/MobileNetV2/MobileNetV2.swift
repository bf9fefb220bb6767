import ImageNet
public import Zoo

/// MobileNetV2 (Sandler et al., arXiv:1801.04381) with torchvision's parameters.
///
/// Stages, where the graph may be cut: `features.0` (stem), one for each block, `features.18` (the last convolution).
public struct MobileNetV2: Backbone {
    /// A row of the paper's Table 2: t, c, n and s.
    private struct Row: Sendable {
        let expand: Int
        let channels: Int
        let blocks: Int
        /// The first block's; the others have stride 1.
        let stride: Int

        init(_ expand: Int, _ channels: Int, _ blocks: Int, _ stride: Int) {
            self.expand = expand
            self.channels = channels
            self.blocks = blocks
            self.stride = stride
        }
    }

    private static let table = [
        Row(1, 16, 1, 1),
        Row(6, 24, 2, 2),
        Row(6, 32, 3, 2),
        Row(6, 64, 4, 2),
        Row(6, 96, 3, 1),
        Row(6, 160, 3, 2),
        Row(6, 320, 1, 1),
    ]

    /// `mobilenet_v2`
    public static let variants = ["mobilenet_v2"]

    /// - Throws: `GraftError.unknownName` for another name than the one.
    public init(variant name: String) throws(GraftError) {
        guard Self.variants.contains(name) else { throw .unknown("MobileNetV2", name, among: Self.variants) }
    }

    /// `mobilenet_v2`
    public var name: String { Self.variants[0] }

    /// That of the published weights.
    public var preprocessing: Preprocessing {
        pretrained.first?.preprocessing ?? .imageNet(resize: 256, crop: 224, interpolation: .bilinear)
    }

    /// torchvision's: the classifier is dropout and this linear layer.
    public var classifierPath: String { "classifier.1" }

    /// torchvision's.
    public var classifierDropout: Double { 0.2 }

    /// torchvision's weights.
    public var pretrained: [PretrainedEntry] {
        [
            .torchvision(
                "mobilenet_v2-7ebf99e0", name: "imagenet1k_v2", resize: 232, accuracy: 72.154, model: "mobilenetv2.py"),
            .torchvision("mobilenet_v2-b0353104", accuracy: 71.878, model: "mobilenetv2.py"),
        ]
    }

    /// Stem, blocks, last convolution: `[N, H, W, 3]` to `[N, H / 32, W / 32, 1280]`, rounded up.
    public var features: [any Layer] {
        let blocks = Self.table.flatMap { row in
            (0..<row.blocks).map {
                InvertedResidual(expand: row.expand, channels: row.channels, stride: $0 == 0 ? row.stride : 1)
            }
        }
        Stage("features.0", ConvNormActivation(32, kernel: 3, stride: 2, activation: .relu6))
        for (index, block) in blocks.enumerated() { Stage("features.\(index + 1)", block) }
        Stage("features.\(blocks.count + 1)", ConvNormActivation(1280, kernel: 1, activation: .relu6))
    }
}
