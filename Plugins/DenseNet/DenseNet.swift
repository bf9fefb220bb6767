import ImageNet
public import Zoo

/// DenseNet-121, 161, 169 and 201 (Huang et al., arXiv:1608.06993, Table 1) with torchvision's parameters.
///
/// Stages, where the graph may be cut: `features.pool0` (the stem's end), `features.denseblock1` to `4`,
/// `features.transition1` to `3`, `features.norm5`.
public struct DenseNet: Backbone {
    private struct Variant: Sendable {
        let name: String
        /// Channels that a layer adds.
        var growth = 32
        /// Channels of the first convolution.
        var stem = 64
        /// Layers in each of the four blocks.
        let layers: [Int]
        let pretrained: PretrainedEntry
    }

    private static let table = [
        Variant(
            name: "densenet121", layers: [6, 12, 24, 16],
            pretrained: .torchvision("densenet121-a639ec97", accuracy: 74.434, model: "densenet.py")),
        Variant(
            name: "densenet161", growth: 48, stem: 96, layers: [6, 12, 36, 24],
            pretrained: .torchvision("densenet161-8d451a50", accuracy: 77.138, model: "densenet.py")),
        Variant(
            name: "densenet169", layers: [6, 12, 32, 32],
            pretrained: .torchvision("densenet169-b2777c0a", accuracy: 75.600, model: "densenet.py")),
        Variant(
            name: "densenet201", layers: [6, 12, 48, 32],
            pretrained: .torchvision("densenet201-c1103571", accuracy: 76.896, model: "densenet.py")),
    ]

    /// `densenet121`, `densenet161`, `densenet169`, `densenet201`.
    public static let variants = table.map(\.name)

    private let variant: Variant

    /// - Throws: `GraftError.unknownName` for a variant that is not in the table.
    public init(variant name: String) throws(GraftError) {
        guard let variant = Self.table.first(where: { $0.name == name }) else {
            throw .unknown("DenseNet", name, among: Self.variants)
        }
        self.variant = variant
    }

    /// The variant's registered name.
    public var name: String { variant.name }

    /// That of the published weights.
    public var preprocessing: Preprocessing { variant.pretrained.preprocessing }

    /// torchvision's weights.
    public var pretrained: [PretrainedEntry] { [variant.pretrained] }

    /// Stem, four dense blocks with transitions between, norm: `[N, H, W, 3]` to `[N, H / 32, W / 32, C]`; the stem rounds
    /// up, the transitions down.
    public var features: [any Layer] {
        Conv(variant.stem, kernel: 7, stride: 2).named("features.conv0")
        Norm().named("features.norm0")
        Activation.relu.named("features.relu0")
        Stage("features.pool0", Pool.max(3, stride: 2, padding: 1))
        for (index, count) in variant.layers.enumerated() {
            Stage("features.denseblock\(index + 1)") {
                for number in 1...count { DenseLayer(growth: variant.growth).named("denselayer\(number)") }
            }
            if index + 1 < variant.layers.count { Stage("features.transition\(index + 1)", Transition()) }
        }
        Stage("features.norm5", Norm())
        Activation.relu.named("relu")
    }

    /// The published files hold `denselayer1.norm.1.weight` for what is now `denselayer1.norm1.weight`.
    public func parameterName(forCheckpointName name: String) -> String? {
        guard !name.hasSuffix("num_batches_tracked") else { return nil }
        var parts = name.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        if parts.count == 6, parts[2].hasPrefix("denselayer"), ["1", "2"].contains(parts[4]) {
            parts[3] += parts.remove(at: 4)
        }
        return parts.joined(separator: ".")
    }
}
