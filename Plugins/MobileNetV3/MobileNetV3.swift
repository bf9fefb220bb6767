import ImageNet
public import Zoo

/// MobileNetV3 large and small (Howard et al., arXiv:1905.02244) with torchvision's parameters.
///
/// Stages, where the graph may be cut: `features.0` (stem), one for each block, and the last convolution
/// (`features.16` of large, `features.12` of small).
public struct MobileNetV3: Backbone {
    /// `mobilenet_v3_large`, `mobilenet_v3_small`.
    public static let variants = Variant.all.map(\.name)

    private let variant: Variant

    /// - Throws: `GraftError.unknownName` for a variant that is not in the table.
    public init(variant name: String) throws(GraftError) {
        guard let variant = Variant.all.first(where: { $0.name == name }) else {
            throw .unknown("MobileNetV3", name, among: Self.variants)
        }
        self.variant = variant
    }

    /// The variant's registered name.
    public var name: String { variant.name }

    /// That of the published weights.
    public var preprocessing: Preprocessing {
        pretrained.first?.preprocessing ?? .imageNet(resize: 256, crop: 224, interpolation: .bilinear)
    }

    /// torchvision's: the classifier is the neck (0, 1), dropout and this linear layer.
    public var classifierPath: String { "classifier.3" }

    /// torchvision's.
    public var classifierDropout: Double { 0.2 }

    /// torchvision's weights.
    public var pretrained: [PretrainedEntry] { variant.pretrained }

    /// Stem, blocks, last convolution: `[N, H, W, 3]` to `[N, H / 32, W / 32, C]`, rounded up.
    public var features: [any Layer] {
        Stage("features.0", ConvNormActivation(16, kernel: 3, stride: 2, norm: Variant.norm, activation: .hardSwish))
        for (index, row) in variant.rows.enumerated() {
            Stage("features.\(index + 1)", InvertedResidual(row))
        }
        Stage(
            "features.\(variant.rows.count + 1)",
            ConvNormActivation(variant.lastConvolution, kernel: 1, norm: Variant.norm, activation: .hardSwish))
    }

    /// The wide layer between pooling and classifier: `[N, C]` to `[N, 1280]` (large) or `[N, 1024]` (small).
    public var neck: [any Layer] {
        Dense(variant.neck).named("classifier.0")
        Activation.hardSwish.named("classifier.1")
    }
}
