import ImageNet
public import Zoo

/// GoogLeNet (Szegedy et al., arXiv:1409.4842, Table 1) as torchvision builds it: with batch norm, and 3x3 where the paper
/// has 5x5. The two auxiliary classifiers of its training are left out.
///
/// Stages, where the graph may be cut: `maxpool1`, `maxpool2` (the stem's end), `inception3a` to `inception5b`.
public struct GoogLeNet: Backbone {
    /// `googlenet`
    public static let variants = ["googlenet"]

    /// - Throws: `GraftError.unknownName` for another name than the one.
    public init(variant name: String) throws(GraftError) {
        guard Self.variants.contains(name) else { throw .unknown("GoogLeNet", name, among: Self.variants) }
    }

    /// `googlenet`
    public var name: String { Self.variants[0] }

    /// That of the published weights.
    public var preprocessing: Preprocessing {
        .symmetric(resize: 256, crop: 224, interpolation: .bilinear)
    }

    /// torchvision's.
    public var classifierPath: String { "fc" }

    /// torchvision's.
    public var classifierDropout: Double { 0.2 }

    /// torchvision's weights. It states the mean and deviation of ImageNet, and its model turns them into 0.5 and 0.5 again
    /// (`transform_input`): here they are 0.5 from the start.
    public var pretrained: [PretrainedEntry] {
        [
            .torchvision(
                "googlenet-1378be20", preprocessing: preprocessing, accuracy: 69.778, model: "googlenet.py")
        ]
    }

    /// Stem and nine modules of four branches: `[N, H, W, 3]` to `[N, H / 32, W / 32, 1024]`, rounded up.
    public var features: [any Layer] {
        BasicConv(64, kernel: 7, stride: 2).named("conv1")
        Stage("maxpool1", Self.halving(3))
        BasicConv(64, kernel: 1).named("conv2")
        BasicConv(192, kernel: 3).named("conv3")
        Stage("maxpool2", Self.halving(3))
        Stage("inception3a", Inception(64, 96, 128, 16, 32, 32))
        Stage("inception3b", Inception(128, 128, 192, 32, 96, 64))
        Self.halving(3).named("maxpool3")
        Stage("inception4a", Inception(192, 96, 208, 16, 48, 64))
        Stage("inception4b", Inception(160, 112, 224, 24, 64, 64))
        Stage("inception4c", Inception(128, 128, 256, 24, 64, 64))
        Stage("inception4d", Inception(112, 144, 288, 32, 64, 64))
        Stage("inception4e", Inception(256, 160, 320, 32, 128, 128))
        Self.halving(2).named("maxpool4")
        Stage("inception5a", Inception(256, 160, 320, 32, 128, 128))
        Stage("inception5b", Inception(384, 192, 384, 48, 128, 128))
    }

    /// The auxiliary classifiers of a checkpoint have no use.
    public func parameterName(forCheckpointName name: String) -> String? {
        name.hasSuffix("num_batches_tracked") || name.hasPrefix("aux1.") || name.hasPrefix("aux2.") ? nil : name
    }

    private static func halving(_ kernel: Extent) -> Pool {
        Pool(.max, kernel: kernel, stride: 2, padding: .roundingUp(0))
    }
}
