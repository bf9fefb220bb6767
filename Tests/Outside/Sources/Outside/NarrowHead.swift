import Graft

/// A linear layer to a few values, batch norm, and a linear layer to the classes.
struct NarrowHead: Head {
    static let kind = "narrow"

    private let width: Int

    init(options: inout Options, for backbone: any Backbone) throws(GraftError) {
        width = try options.integer("width", in: 1...1024) ?? 16
    }

    var options: [String: OptionValue] { ["width": .number(Double(width))] }

    func layers(in context: HeadContext) -> [any Layer] {
        Dense(width, bias: false).named("head.narrow")
        Norm().named("head.norm")
        Activation.silu.named("head.activation")
        Dense(context.outputs).named(context.classifierPath)
    }
}
