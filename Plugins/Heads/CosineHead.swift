public import Zoo

/// A linear layer on the direction of features, with rows of one length: the logits are cosines between features and classes
/// times a learnt factor (arXiv:1804.09458). No class is answered more often for having a longer row, which helps where some
/// have few pictures.
///
/// Options: `dropout` (0).
public struct CosineHead: Head {
    /// The word in configurations.
    public static let kind = "cosine"

    private let dropout: Double

    /// Reads the options above.
    public init(options: inout Options, for backbone: any Backbone) throws(GraftError) {
        dropout = try options.number("dropout", in: 0...0.95) ?? 0
    }

    /// The options, defaults filled in.
    public var options: [String: OptionValue] { ["dropout": .number(dropout)] }

    /// Pictures of one class each.
    public var tasks: Set<ModelTask> { [.classification] }

    /// `[N, features]` to `[N, outputs]`.
    public func layers(in context: HeadContext) -> [any Layer] {
        if dropout > 0 { Dropout(dropout).named("dropout") }
        Normalize().named("normalize")
        Dense(context.outputs, hasUnitRows: true).named(context.classifierPath)
    }
}
