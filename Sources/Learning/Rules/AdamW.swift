public import Zoo

/// AdamW (arXiv:1711.05101, `torch.optim.AdamW`): Adam whose weight decay is taken off the weights.
///
/// Options: those of Adam; `weight_decay` is 0.01 where it is absent.
public struct AdamW: UpdateRule {
    /// The word in configurations.
    public static let kind = "adamw"

    /// The constants.
    public var adam = Adam()

    /// PyTorch's defaults.
    public init() { adam.weightDecay = 0.01 }

    /// Reads the options above.
    public init(options: inout Options) throws(GraftError) {
        adam = try Adam(options: &options)
        if options.values["weight_decay"] == nil { adam.weightDecay = 0.01 }
    }

    /// The options, defaults filled in.
    public var options: [String: OptionValue] { adam.options }

    /// As Adam's.
    public var buffers: [String] { adam.buffers }

    /// One step.
    public func update(_ values: inout [Float], gradient: [Float], buffers: inout [[Float]], at step: UpdateStep) {
        adam.update(&values, gradient, &buffers, step, isDecoupled: true)
    }
}
