public import Zoo

/// Dropout and one linear layer under torchvision's name: the classifier that pretrained models come with.
public struct LinearHead: Head {
    public static let kind = "linear"

    private let dropout: Double

    public init(options: inout Options, for backbone: any Backbone) throws(ZooError) {
        dropout = try options.number("dropout", in: 0...0.95) ?? backbone.classifierDropout
    }

    public var options: [String: OptionValue] { ["dropout": .number(dropout)] }

    public func layers(in context: HeadContext) -> [any Layer] {
        if dropout > 0 { Dropout(dropout).named("dropout") }
        Dense(context.outputs).named(context.classifierPath)
    }
}
