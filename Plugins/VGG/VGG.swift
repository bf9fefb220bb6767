import ImageNet
public import Zoo

/// VGG-11 to 19, with and without batch norm (Simonyan and Zisserman, arXiv:1409.1556, Table 1) with torchvision's
/// parameters.
///
/// Stages, where the graph may be cut: the five max pools, under their numbers in torchvision (`features.2` … of VGG-11).
public struct VGG: Backbone {
    /// A column of the paper's Table 1.
    private struct Variant: Sendable {
        let name: String
        /// 3x3 convolutions before each max pool.
        let convolutions: [Int]
        let pretrained: PretrainedEntry

        var hasNorms: Bool { name.hasSuffix("_bn") }
    }

    private static let table = [
        Variant(name: "vgg11", convolutions: [1, 1, 2, 2, 2], pretrained: entry("vgg11-8a719046", 69.020)),
        Variant(name: "vgg13", convolutions: [2, 2, 2, 2, 2], pretrained: entry("vgg13-19584684", 69.928)),
        Variant(name: "vgg16", convolutions: [2, 2, 3, 3, 3], pretrained: entry("vgg16-397923af", 71.592)),
        Variant(name: "vgg19", convolutions: [2, 2, 4, 4, 4], pretrained: entry("vgg19-dcbb9e9d", 72.376)),
        Variant(name: "vgg11_bn", convolutions: [1, 1, 2, 2, 2], pretrained: entry("vgg11_bn-6002323d", 70.370)),
        Variant(name: "vgg13_bn", convolutions: [2, 2, 2, 2, 2], pretrained: entry("vgg13_bn-abd245e5", 71.586)),
        Variant(name: "vgg16_bn", convolutions: [2, 2, 3, 3, 3], pretrained: entry("vgg16_bn-6c64b313", 73.360)),
        Variant(name: "vgg19_bn", convolutions: [2, 2, 4, 4, 4], pretrained: entry("vgg19_bn-c79401a0", 74.218)),
    ]

    /// `vgg11`, `13`, `16` and `19`, and each of them with `_bn`.
    public static let variants = table.map(\.name)

    private let variant: Variant

    /// - Throws: `GraftError.unknownName` for a variant that is not in the table.
    public init(variant name: String) throws(GraftError) {
        guard let variant = Self.table.first(where: { $0.name == name }) else {
            throw .unknown("VGG", name, among: Self.variants)
        }
        self.variant = variant
    }

    /// The variant's registered name.
    public var name: String { variant.name }

    /// That of the published weights.
    public var preprocessing: Preprocessing { variant.pretrained.preprocessing }

    /// torchvision's: the last of three layers, of which `neck` holds the others.
    public var classifierPath: String { "classifier.6" }

    /// The paper's.
    public var classifierDropout: Double { 0.5 }

    /// torchvision's weights.
    public var pretrained: [PretrainedEntry] { [variant.pretrained] }

    /// Five runs of convolutions, each followed by a max pool: `[N, H, W, 3]` to `[N, H / 32, W / 32, 512]`, rounded down.
    public var features: [any Layer] {
        var layers: [any Layer] = []
        func append(_ layer: any Layer) { layers.append(layer.named("features.\(layers.count)")) }
        for (channels, count) in zip([64, 128, 256, 512, 512], variant.convolutions) {
            for _ in 0..<count {
                append(Conv(channels, kernel: 3, bias: true))
                if variant.hasNorms { append(Norm()) }
                append(Activation.relu)
            }
            layers.append(Stage("features.\(layers.count)", Pool.max(2)))
        }
        return layers
    }

    /// The classifier reads a map of 7 by 7.
    public var poolingGrid: Extent { 7 }

    /// The two wide layers before the classifier: `[N, 25088]` to `[N, 4096]`.
    public var neck: [any Layer] {
        Dense(4096).named("classifier.0")
        Activation.relu.named("classifier.1")
        Dropout(0.5).named("classifier.2")
        Dense(4096).named("classifier.3")
        Activation.relu.named("classifier.4")
    }

    private static func entry(_ file: String, _ accuracy: Double) -> PretrainedEntry {
        .torchvision(file, accuracy: accuracy, model: "vgg.py")
    }
}
