import ImageNet
public import Zoo

/// Inception v3 (Szegedy et al., arXiv:1512.00567, Table 1) with torchvision's parameters. The auxiliary classifier of its
/// training is left out.
///
/// Stages, where the graph may be cut: `maxpool1`, `maxpool2` (the stem's end), `Mixed_5b` to `Mixed_7c`.
public struct InceptionV3: Backbone {
    /// `inception_v3`
    public static let variants = ["inception_v3"]

    /// - Throws: `GraftError.unknownName` for another name than the one.
    public init(variant name: String) throws(GraftError) {
        guard Self.variants.contains(name) else { throw .unknown("InceptionV3", name, among: Self.variants) }
    }

    /// `inception_v3`
    public var name: String { Self.variants[0] }

    /// That of the published weights.
    public var preprocessing: Preprocessing {
        .symmetric(resize: 342, crop: 299, interpolation: .bilinear)
    }

    /// torchvision's.
    public var classifierPath: String { "fc" }

    /// torchvision's.
    public var classifierDropout: Double { 0.5 }

    /// torchvision's weights. It states the mean and deviation of ImageNet, and its model turns them into 0.5 and 0.5 again
    /// (`transform_input`): here they are 0.5 from the start.
    public var pretrained: [PretrainedEntry] {
        [
            .torchvision(
                "inception_v3_google-0cc3c7bd", preprocessing: preprocessing, accuracy: 77.294, model: "inception.py")
        ]
    }

    /// Stem and eleven modules of parallel branches: `[N, H, W, 3]`, at least 75 by 75, to `[N, h, w, 2048]`, 8 by 8 for 299
    /// by 299: most windows have no margin.
    public var features: [any Layer] {
        BasicConv(32, 3, stride: 2).named("Conv2d_1a_3x3")
        BasicConv(32, 3).named("Conv2d_2a_3x3")
        BasicConv(64, 3, padding: 1).named("Conv2d_2b_3x3")
        Stage("maxpool1", Pool.max(3, stride: 2))
        BasicConv(80, 1).named("Conv2d_3b_1x1")
        BasicConv(192, 3).named("Conv2d_4a_3x3")
        Stage("maxpool2", Pool.max(3, stride: 2))
        Stage("Mixed_5b", Mixed.a(pooled: 32))
        Stage("Mixed_5c", Mixed.a(pooled: 64))
        Stage("Mixed_5d", Mixed.a(pooled: 64))
        Stage("Mixed_6a", Mixed.b)
        Stage("Mixed_6b", Mixed.c(width: 128))
        Stage("Mixed_6c", Mixed.c(width: 160))
        Stage("Mixed_6d", Mixed.c(width: 160))
        Stage("Mixed_6e", Mixed.c(width: 192))
        Stage("Mixed_7a", Mixed.d)
        Stage("Mixed_7b", Mixed.e)
        Stage("Mixed_7c", Mixed.e)
    }

    /// The auxiliary classifier of a checkpoint has no use.
    public func parameterName(forCheckpointName name: String) -> String? {
        name.hasSuffix("num_batches_tracked") || name.hasPrefix("AuxLogits.") ? nil : name
    }
}
