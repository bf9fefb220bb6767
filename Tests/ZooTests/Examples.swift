import Zoo

/// The smallest backbone that has everything: two stages and a neck's place.
struct Tiny: Backbone {
    static let variants = ["tiny", "tiny_wide"]
    let name: String

    init(variant: String) throws(GraftError) { name = variant }

    var preprocessing: Preprocessing { .imageNet(resize: 20, crop: 16, interpolation: .bilinear) }

    var features: [any Layer] {
        Stage("stem", ConvNormActivation(4, kernel: 3, stride: 2, activation: .relu))
        Stage("body", Residual(shortcut: Conv(8, kernel: 1)) { ConvNormActivation(8, kernel: 3, activation: .silu) })
    }
}

/// One linear layer.
struct Plain: Head {
    static let kind = "plain"
    var scale = 1.0
    var options: [String: OptionValue] { ["scale": .number(scale)] }

    init() {}

    init(options: inout Options, for backbone: any Backbone) throws(GraftError) {
        scale = try options.number("scale", in: 0...2) ?? 1
    }

    func layers(in context: HeadContext) -> [any Layer] { Dense(context.outputs).named(context.classifierPath) }
}

/// A head that answers seven values whatever it is asked for.
struct Stubborn: Head {
    static let kind = "stubborn"
    var options: [String: OptionValue] { [:] }

    init() {}
    init(options: inout Options, for backbone: any Backbone) throws(GraftError) {}

    func layers(in context: HeadContext) -> [any Layer] { Dense(7) }
}
