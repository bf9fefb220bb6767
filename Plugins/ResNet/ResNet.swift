import ImageNet
public import Zoo

/// ResNet-18 to 152 (He et al., arXiv:1512.03385, Table 1), ResNeXt (Xie et al., arXiv:1611.05431) and Wide ResNet
/// (Zagoruyko and Komodakis, arXiv:1605.07146) with torchvision's parameters.
///
/// Stages, where the graph may be cut: `maxpool` (the stem's end), `layer1` to `layer4`.
public struct ResNet: Backbone {
    /// A column of the papers' tables.
    private struct Variant: Sendable {
        let name: String
        let block: ResidualBlock.Kind
        /// Blocks in each of the four stages.
        let blocks: [Int]
        let pretrained: [PretrainedEntry]
    }

    private static let table = [
        Variant(
            name: "resnet18", block: .basic, blocks: [2, 2, 2, 2],
            pretrained: [v1("resnet18-f37072fd", accuracy: 69.758)]),
        Variant(
            name: "resnet34", block: .basic, blocks: [3, 4, 6, 3],
            pretrained: [v1("resnet34-b627a593", accuracy: 73.314)]),
        Variant(
            name: "resnet50", block: .bottleneck(), blocks: [3, 4, 6, 3],
            pretrained: [v2("resnet50-11ad3fa6", accuracy: 80.858), v1("resnet50-0676ba61", accuracy: 76.130)]),
        Variant(
            name: "resnet101", block: .bottleneck(), blocks: [3, 4, 23, 3],
            pretrained: [v2("resnet101-cd907fc2", accuracy: 81.886), v1("resnet101-63fe2227", accuracy: 77.374)]),
        Variant(
            name: "resnet152", block: .bottleneck(), blocks: [3, 8, 36, 3],
            pretrained: [v2("resnet152-f82ba261", accuracy: 82.284), v1("resnet152-394f9c45", accuracy: 78.312)]),
        Variant(
            name: "resnext50_32x4d", block: .bottleneck(groups: 32, groupWidth: 4), blocks: [3, 4, 6, 3],
            pretrained: [
                v2("resnext50_32x4d-1a0047aa", accuracy: 81.198), v1("resnext50_32x4d-7cdf4587", accuracy: 77.618),
            ]),
        Variant(
            name: "resnext101_32x8d", block: .bottleneck(groups: 32, groupWidth: 8), blocks: [3, 4, 23, 3],
            pretrained: [
                v2("resnext101_32x8d-110c445d", accuracy: 82.834), v1("resnext101_32x8d-8ba56ff5", accuracy: 79.312),
            ]),
        Variant(
            name: "resnext101_64x4d", block: .bottleneck(groups: 64, groupWidth: 4), blocks: [3, 4, 23, 3],
            pretrained: [entry("resnext101_64x4d-173b62eb", "imagenet1k_v1", resize: 232, accuracy: 83.246)]),
        Variant(
            name: "wide_resnet50_2", block: .bottleneck(groupWidth: 128), blocks: [3, 4, 6, 3],
            pretrained: [
                v2("wide_resnet50_2-9ba9bcbe", accuracy: 81.602), v1("wide_resnet50_2-95faca4d", accuracy: 78.468),
            ]),
        Variant(
            name: "wide_resnet101_2", block: .bottleneck(groupWidth: 128), blocks: [3, 4, 23, 3],
            pretrained: [
                v2("wide_resnet101_2-d733dc28", accuracy: 82.510), v1("wide_resnet101_2-32ee1156", accuracy: 78.848),
            ]),
    ]

    /// `resnet18`, `34`, `50`, `101` and `152`; `resnext50_32x4d`, `resnext101_32x8d` and `64x4d`; `wide_resnet50_2` and
    /// `101_2`.
    public static let variants = table.map(\.name)

    private let variant: Variant

    /// - Throws: `GraftError.unknownName` for a variant that is not in the table.
    public init(variant name: String) throws(GraftError) {
        guard let variant = Self.table.first(where: { $0.name == name }) else {
            throw .unknown("ResNet", name, among: Self.variants)
        }
        self.variant = variant
    }

    /// The variant's registered name.
    public var name: String { variant.name }

    /// That of the published weights.
    public var preprocessing: Preprocessing {
        pretrained.first?.preprocessing ?? .imageNet(resize: 256, crop: 224, interpolation: .bilinear)
    }

    /// torchvision's.
    public var classifierPath: String { "fc" }

    /// torchvision's weights.
    public var pretrained: [PretrainedEntry] { variant.pretrained }

    /// Stem and four stages of blocks: `[N, H, W, 3]` to `[N, H / 32, W / 32, C]`, rounded up.
    public var features: [any Layer] {
        Conv(64, kernel: 7, stride: 2).named("conv1")
        Norm().named("bn1")
        Activation.relu.named("relu")
        Stage("maxpool", Pool.max(3, stride: 2, padding: 1))
        for (stage, blocks) in variant.blocks.enumerated() {
            Stage(
                "layer\(stage + 1)",
                Sequential(
                    (0..<blocks).map { index in
                        // Only the first block of a stage strides; the first stage has the stem's size.
                        ResidualBlock(variant.block, width: 64 << stage, stride: stage > 0 && index == 0 ? 2 : 1)
                    }))
        }
    }

    /// torchvision's name for one of Hugging Face's; others stay, and nil for `num_batches_tracked`.
    public func parameterName(forCheckpointName name: String) -> String? {
        guard !name.hasSuffix("num_batches_tracked") else { return nil }
        let parts = name.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        let kind = ["convolution": "conv", "normalization": "bn"]
        guard let last = parts.last, parts.count > 2 else { return name }
        guard let layer = kind[parts[parts.count - 2]] else {
            return parts.count == 3 && parts.starts(with: ["classifier", "1"]) ? "fc.\(last)" : name
        }
        if parts.starts(with: ["embedder", "embedder"]), parts.count == 4 { return "\(layer)1.\(last)" }
        guard parts.starts(with: ["encoder", "stages"]), parts.count > 6, let stage = Int(parts[2]) else { return name }
        let block = "layer\(stage + 1).\(parts[4])"
        if parts[5] == "shortcut" { return "\(block).downsample.\(layer == "conv" ? 0 : 1).\(last)" }
        guard let number = Int(parts[6]), parts.count == 9 else { return name }
        return "\(block).\(layer)\(number + 1).\(last)"
    }

    private static func v1(_ file: String, accuracy: Double) -> PretrainedEntry {
        entry(file, "imagenet1k_v1", resize: 256, accuracy: accuracy)
    }

    private static func v2(_ file: String, accuracy: Double) -> PretrainedEntry {
        entry(file, "imagenet1k_v2", resize: 232, accuracy: accuracy)
    }

    private static func entry(_ file: String, _ name: String, resize: Int, accuracy: Double) -> PretrainedEntry {
        .torchvision(file, name: name, resize: resize, accuracy: accuracy, model: "resnet.py")
    }
}
