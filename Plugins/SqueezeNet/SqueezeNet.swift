import ImageNet
public import Zoo

/// SqueezeNet 1.0 and 1.1 (Iandola et al., arXiv:1602.07360, Table 1) with torchvision's parameters.
///
/// The published classifier answers at every position, and the mean of its answers' positive parts is the logits
/// (`Pooling.positions`). A new head reads the mean of the last map unless it is told otherwise.
///
/// Stages, where the graph may be cut: the three max pools and the fire module before each next one, under their numbers in
/// torchvision.
public struct SqueezeNet: Backbone {
    private struct Variant: Sendable {
        let name: String
        let stem: (channels: Int, kernel: Extent)
        /// Between the max pools: what each fire module squeezes to. It widens to eight times that.
        let squeezed: [[Int]]
        let pretrained: PretrainedEntry
    }

    private static let table = [
        Variant(
            name: "squeezenet1_0", stem: (96, 7), squeezed: [[16, 16, 32], [32, 48, 48, 64], [64]],
            pretrained: .torchvision("squeezenet1_0-b66bff10", accuracy: 58.092, model: "squeezenet.py")),
        Variant(
            name: "squeezenet1_1", stem: (64, 3), squeezed: [[16, 16], [32, 32], [48, 48, 64, 64]],
            pretrained: .torchvision("squeezenet1_1-b8a52dc0", accuracy: 58.178, model: "squeezenet.py")),
    ]

    /// `squeezenet1_0`, `squeezenet1_1`.
    public static let variants = table.map(\.name)

    private let variant: Variant

    /// - Throws: `GraftError.unknownName` for a variant that is not in the table.
    public init(variant name: String) throws(GraftError) {
        guard let variant = Self.table.first(where: { $0.name == name }) else {
            throw .unknown("SqueezeNet", name, among: Self.variants)
        }
        self.variant = variant
    }

    /// The variant's registered name.
    public var name: String { variant.name }
    /// That of the published weights.
    public var preprocessing: Preprocessing { variant.pretrained.preprocessing }
    /// The published classifier is a convolution of one pixel before the pooling.
    public var publishedPooling: Pooling { .positions }
    /// torchvision's.
    public var classifierPath: String { "classifier.1" }
    /// torchvision's.
    public var classifierDropout: Double { 0.5 }
    /// torchvision's weights.
    public var pretrained: [PretrainedEntry] { [variant.pretrained] }

    /// A convolution and eight fire modules with three max pools between: `[N, H, W, 3]`, at least 21 by 21, to
    /// `[N, h, w, 512]`, 13 by 13 for 224 by 224.
    public var features: [any Layer] {
        var layers: [any Layer] = []
        func append(_ layer: any Layer) { layers.append(layer.named("features.\(layers.count)")) }
        append(
            Conv(variant.stem.channels, kernel: variant.stem.kernel, stride: 2, padding: .symmetric(0), bias: true))
        append(Activation.relu)
        for group in variant.squeezed {
            layers.append(
                Stage("features.\(layers.count)", Pool(.max, kernel: 3, stride: 2, padding: .roundingUp(0))))
            for squeezed in group.dropLast() { append(Fire(squeezed: squeezed)) }
            // A map is cut where the group ends.
            layers.append(Stage("features.\(layers.count)", Fire(squeezed: group[group.count - 1])))
        }
        return layers
    }
}

/// A 1x1 convolution to few channels, then one of 1x1 and one of 3x3 side by side.
private struct Fire: CompositeLayer {
    let squeezed: Int

    var layers: [any Layer] {
        Conv(squeezed, kernel: 1, bias: true).named("squeeze")
        Activation.relu.named("squeeze_activation")
        Concatenate {
            Sequential {
                Conv(4 * squeezed, kernel: 1, bias: true).named("expand1x1")
                Activation.relu.named("expand1x1_activation")
            }.unnamed
            Sequential {
                Conv(4 * squeezed, kernel: 3, bias: true).named("expand3x3")
                Activation.relu.named("expand3x3_activation")
            }.unnamed
        }.named("")
    }
}
