public import Zoo

/// Dropout and one linear layer under torchvision's name: the classifier that pretrained models come with.
public struct LinearHead: Head {
    /// The word in configurations.
    public static let kind = "linear"

    private let dropout: Double

    /// Reads `dropout`; the backbone's own is the default.
    public init(options: inout Options, for backbone: any Backbone) throws(ZooError) {
        dropout = try options.number("dropout", in: 0...0.95) ?? backbone.classifierDropout
    }

    /// The options, defaults filled in.
    public var options: [String: OptionValue] { ["dropout": .number(dropout)] }

    /// `[N, features]` to `[N, outputs]`.
    public func layers(in context: HeadContext) -> [any Layer] {
        if dropout > 0 { Dropout(dropout).named("dropout") }
        Dense(context.outputs).named(context.classifierPath)
    }
}
