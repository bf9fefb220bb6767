import ImageNet
public import Zoo

/// AlexNet as torchvision builds it: the one tower of Krizhevsky, arXiv:1404.5997.
///
/// Stages, where the graph may be cut: the three max pools, `features.2`, `features.5` and `features.12`.
public struct AlexNet: Backbone {
    /// `alexnet`
    public static let variants = ["alexnet"]

    /// - Throws: `GraftError.unknownName` for another name than the one.
    public init(variant name: String) throws(GraftError) {
        guard Self.variants.contains(name) else { throw .unknown("AlexNet", name, among: Self.variants) }
    }

    /// `alexnet`
    public var name: String { Self.variants[0] }

    /// That of the published weights.
    public var preprocessing: Preprocessing { .imageNet(resize: 256, crop: 224, interpolation: .bilinear) }

    /// torchvision's: the last of three layers, of which `neck` holds the others.
    public var classifierPath: String { "classifier.6" }

    /// torchvision's weights.
    public var pretrained: [PretrainedEntry] {
        [.torchvision("alexnet-owt-7be5be79", accuracy: 56.522, model: "alexnet.py")]
    }

    /// Five convolutions: `[N, H, W, 3]`, at least 63 by 63, to `[N, h, w, 256]`, 6 by 6 for 224 by 224.
    public var features: [any Layer] {
        Conv(64, kernel: 11, stride: 4, padding: .symmetric(2), bias: true).named("features.0")
        Activation.relu.named("features.1")
        Stage("features.2", Pool.max(3, stride: 2))
        Conv(192, kernel: 5, bias: true).named("features.3")
        Activation.relu.named("features.4")
        Stage("features.5", Pool.max(3, stride: 2))
        Conv(384, kernel: 3, bias: true).named("features.6")
        Activation.relu.named("features.7")
        Conv(256, kernel: 3, bias: true).named("features.8")
        Activation.relu.named("features.9")
        Conv(256, kernel: 3, bias: true).named("features.10")
        Activation.relu.named("features.11")
        Stage("features.12", Pool.max(3, stride: 2))
    }

    /// The classifier reads a map of 6 by 6.
    public var poolingGrid: Extent { 6 }

    /// The two wide layers before the classifier: `[N, 9216]` to `[N, 4096]`.
    public var neck: [any Layer] {
        Dropout(0.5).named("classifier.0")
        Dense(4096).named("classifier.1")
        Activation.relu.named("classifier.2")
        Dropout(0.5).named("classifier.3")
        Dense(4096).named("classifier.4")
        Activation.relu.named("classifier.5")
    }
}
