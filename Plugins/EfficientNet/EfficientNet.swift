public import Zoo

/// EfficientNet B0 to B7 (Tan and Le, arXiv:1905.11946) as torchvision builds it, and EfficientNet-Lite0 to Lite4 as
/// TensorFlow does. Parameters have torchvision's names, shapes and order.
///
/// Stages, where the graph may be cut: `features.0` (stem), `features.1` to `features.7`, `features.8` (head convolution).
public struct EfficientNet: Backbone {
    /// `efficientnet_b0` to `efficientnet_b7`, `efficientnet_lite0` to `efficientnet_lite4`.
    public static let variants = Variant.all.map(\.name)

    private let variant: Variant

    /// - Throws: `GraftError.unknownName` for a variant that is not in the table.
    public init(variant name: String) throws(GraftError) {
        guard let variant = Variant.all.first(where: { $0.name == name }) else {
            throw .unknown("EfficientNet", name, among: Self.variants)
        }
        self.variant = variant
    }

    /// The variant's registered name.
    public var name: String { variant.name }

    /// That of the published weights, else the size that the authors designed the variant for.
    public var preprocessing: Preprocessing { pretrained.first?.preprocessing ?? variant.preprocessing }

    /// torchvision's: the classifier is dropout and this linear layer.
    public var classifierPath: String { "classifier.1" }

    /// 0.2 to 0.5, growing with the variant.
    public var classifierDropout: Double { variant.dropout }

    /// torchvision's weights, and Lite0's.
    public var pretrained: [PretrainedEntry] { Pretrained.entries(of: variant) }

    /// Stem, seven stages of blocks, head convolution: `[N, H, W, 3]` to `[N, H / 32, W / 32, C]`, rounded up.
    public var features: [any Layer] {
        let style = variant.style
        let rows = variant.rows
        Stage("features.0", style.conv(variant.stem, kernel: 3, stride: 2))
        for (number, row) in rows.enumerated() {
            let blocksBefore = rows[..<number].reduce(0) { $0 + $1.layers }
            Stage(
                "features.\(number + 1)",
                Sequential(
                    (0..<row.layers).map {
                        MBConv(row, index: $0, drop: variant.drop(block: blocksBefore + $0), style: style)
                    }))
        }
        Stage("features.\(rows.count + 1)", style.conv(variant.head, kernel: 1))
    }

    /// Understands the names of torchvision, timm and EfficientNet-PyTorch.
    public func parameterName(forCheckpointName name: String) -> String? {
        CheckpointNames(variant).parameterName(for: name)
    }
}
