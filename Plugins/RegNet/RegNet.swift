public import Zoo

/// RegNetX and RegNetY, 400 MF to 32 GF, and Y 128 GF (Radosavovic et al., arXiv:2003.13678) with torchvision's parameters;
/// timm's and Hugging Face's names are understood.
///
/// Stages, where the graph may be cut: `stem`, `trunk_output.block1` to `trunk_output.block4`.
public struct RegNet: Backbone {
    /// `regnet_y_400mf` to `regnet_y_128gf`, `regnet_x_400mf` to `regnet_x_32gf`.
    public static let variants = Variant.all.map(\.name)

    private let variant: Variant

    /// - Throws: `GraftError.unknownName` for a variant that is not in the table.
    public init(variant name: String) throws(GraftError) {
        guard let variant = Variant.all.first(where: { $0.name == name }) else {
            throw .unknown("RegNet", name, among: Self.variants)
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

    /// torchvision's name for one of timm's (`s1.b1.conv1.conv.weight`) or Hugging Face's; others stay, and nil for
    /// `num_batches_tracked`.
    public func parameterName(forCheckpointName name: String) -> String? {
        guard !name.hasSuffix("num_batches_tracked") else { return nil }
        return OtherNames.torchvision(name) ?? name
    }

    /// Stem and four stages of blocks: `[N, H, W, 3]` to `[N, H / 32, W / 32, C]`, rounded up.
    public var features: [any Layer] {
        Stage("stem", ConvNormActivation(32, kernel: 3, stride: 2, activation: .relu))
        for (index, (depth, width)) in zip(variant.depths, variant.widths).enumerated() {
            Stage("trunk_output.block\(index + 1)") {
                for number in 0..<depth {
                    Block(
                        width: width, stride: number == 0 ? 2 : 1, groupWidth: variant.groupWidth,
                        squeezes: variant.squeezes
                    ).named("block\(index + 1)-\(number)")
                }
            }
        }
    }
}
