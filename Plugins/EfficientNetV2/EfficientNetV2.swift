public import Zoo

/// EfficientNetV2 S, M and L (Tan and Le, arXiv:2104.00298) with torchvision's parameters.
///
/// Stages, where the graph may be cut: `features.0` (stem), one for each row of the table, and the last convolution
/// (`features.7` of S, `features.8` of M and L).
public struct EfficientNetV2: Backbone {
    /// `efficientnet_v2_s`, `efficientnet_v2_m`, `efficientnet_v2_l`.
    public static let variants = Variant.all.map(\.name)

    private let variant: Variant

    /// - Throws: `GraftError.unknownName` for a variant that is not in the table.
    public init(variant name: String) throws(GraftError) {
        guard let variant = Variant.all.first(where: { $0.name == name }) else {
            throw .unknown("EfficientNetV2", name, among: Self.variants)
        }
        self.variant = variant
    }

    /// The variant's registered name.
    public var name: String { variant.name }

    /// That of the published weights.
    public var preprocessing: Preprocessing { variant.pretrained.preprocessing }

    /// torchvision's: the classifier is dropout and this linear layer.
    public var classifierPath: String { "classifier.1" }

    /// 0.2 to 0.4, growing with the variant.
    public var classifierDropout: Double { variant.dropout }

    /// torchvision's weights.
    public var pretrained: [PretrainedEntry] { [variant.pretrained] }

    /// Stem, stages of blocks, last convolution: `[N, H, W, 3]` to `[N, H / 32, W / 32, 1280]`, rounded up.
    public var features: [any Layer] {
        let rows = variant.rows
        let blocks = rows.reduce(0) { $0 + $1.layers }
        Stage(
            "features.0",
            ConvNormActivation(rows[0].channels, kernel: 3, stride: 2, norm: Block.norm, activation: .silu))
        for (number, row) in rows.enumerated() {
            let before = rows[..<number].reduce(0) { $0 + $1.layers }
            Stage("features.\(number + 1)") {
                for index in 0..<row.layers {
                    // Dropped more often the deeper they are.
                    Block(row, index: index, drop: 0.2 * Double(before + index) / Double(blocks))
                }
            }
        }
        Stage(
            "features.\(rows.count + 1)", ConvNormActivation(1280, kernel: 1, norm: Block.norm, activation: .silu))
    }
}
