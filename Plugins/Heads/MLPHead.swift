public import Zoo

/// Hidden linear layers with an activation and dropout after each, then a linear layer under torchvision's name.
///
/// Options: `hidden`, the sizes of the hidden layers (`[256]`); `activation`, one of Zoo's (`relu`); `dropout` (0.2); `binary`,
/// one sigmoid output for two classes (false).
public struct MLPHead: Head {
    /// The word in configurations.
    public static let kind = "mlp"

    private let hidden: [Int]
    private let activation: Activation
    private let dropout: Double
    private let binary: BinaryOption

    /// Reads the options above.
    public init(options: inout Options, for backbone: any Backbone) throws(GraftError) {
        var sizes: [Int] = []
        for value in try options.list("hidden") ?? [.number(256)] {
            guard case .number(let number) = value, let size = Int(exactly: number), (1...65536).contains(size) else {
                throw options.wrong("hidden", value, expected: "sizes from 1 to 65536, as in [256, 128]")
            }
            sizes.append(size)
        }
        guard (1...16).contains(sizes.count) else {
            throw options.wrong("hidden", .list(sizes.map { .number(Double($0)) }), expected: "1 to 16 sizes")
        }
        hidden = sizes
        activation =
            try options.choice("activation", of: Activation.allCases.map(\.rawValue)).flatMap(Activation.init) ?? .relu
        dropout = try options.number("dropout", in: 0...0.95) ?? 0.2
        binary = try BinaryOption(options: &options)
    }

    /// The options, defaults filled in.
    public var options: [String: OptionValue] {
        [
            "hidden": .list(hidden.map { .number(Double($0)) }), "activation": .string(activation.rawValue),
            "dropout": .number(dropout),
        ].merging(binary.options) { $1 }
    }

    /// One for two classes under `binary`.
    public func outputs(classes: Int) throws(GraftError) -> Int { try binary.outputs(classes: classes) }

    /// `[N, features]` to `[N, outputs]`.
    public func layers(in context: HeadContext) -> [any Layer] {
        for (index, size) in hidden.enumerated() {
            Dense(size).named("head.\(index)")
            activation.named("head.\(index).activation")
            if dropout > 0 { Dropout(dropout).named("head.\(index).dropout") }
        }
        Dense(context.outputs).named(context.classifierPath)
    }
}
