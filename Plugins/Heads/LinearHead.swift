public import Zoo

/// Dropout and one linear layer under torchvision's name: the classifier that pretrained models come with.
///
/// Options: `dropout` (the backbone's own); `binary`, one sigmoid output for two classes (false).
public struct LinearHead: Head {
    /// The word in configurations.
    public static let kind = "linear"

    private let dropout: Double
    private let binary: BinaryOption

    /// Reads the options above.
    public init(options: inout Options, for backbone: any Backbone) throws(GraftError) {
        dropout = try options.number("dropout", in: 0...0.95) ?? backbone.classifierDropout
        binary = try BinaryOption(options: &options)
    }

    /// The options, defaults filled in.
    public var options: [String: OptionValue] {
        ["dropout": .number(dropout)].merging(binary.options) { $1 }
    }

    /// One for two classes under `binary`.
    public func outputs(classes: Int) throws(GraftError) -> Int { try binary.outputs(classes: classes) }

    /// `[N, features]` to `[N, outputs]`.
    public func layers(in context: HeadContext) -> [any Layer] {
        if dropout > 0 { Dropout(dropout).named("dropout") }
        if context.readsPositions {
            Conv(context.outputs, kernel: 1, bias: true).named(context.classifierPath)
        } else {
            Dense(context.outputs).named(context.classifierPath)
        }
    }
}
