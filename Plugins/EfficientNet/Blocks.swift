import Zoo

/// What all layers of a variant have in common.
struct LayerStyle: Sendable {
    let activation: Activation
    let norm: Norm
    /// nil for half the kernel on every side.
    let padding: Padding?
    let squeezesAndExcites: Bool

    /// Convolution, norm and, unless told otherwise, activation.
    func conv(_ channels: Int, kernel: Int, stride: Int = 1, groups: Int = 1, activates: Bool = true)
        -> ConvNormActivation
    {
        ConvNormActivation(
            channels, kernel: Extent(kernel), stride: Extent(stride), padding: padding, groups: groups, norm: norm,
            activation: activates ? activation : nil)
    }
}

/// The mobile inverted bottleneck (arXiv:1801.04381, with squeeze-excite arXiv:1905.11946): widen by 1x1, filter every
/// channel, squeeze and excite, narrow by 1x1. Where the shape stays, the input is added.
struct MBConv: Layer {
    private let row: Row
    private let stride: Int
    private let drop: Double
    private let style: LayerStyle

    /// - Parameters:
    ///   - index: the block's number in its row; only the first one strides.
    ///   - drop: the probability that training skips the block for an image.
    init(_ row: Row, index: Int, drop: Double, style: LayerStyle) {
        self.row = row
        self.stride = index == 0 ? row.stride : 1
        self.drop = drop
        self.style = style
    }

    func build(_ input: Value, in graph: inout GraphBuilder) throws(GraftError) -> Value {
        let block = block(inputs: input.channels).named("block")
        guard stride == 1, input.channels == row.channels else { return try block.build(input, in: &graph) }
        return try Residual(drop: drop) { block }.build(input, in: &graph)
    }

    private func block(inputs: Int) -> Sequential {
        let expanded = inputs * row.expand
        return Sequential {
            if row.expand > 1 { style.conv(expanded, kernel: 1) }
            style.conv(expanded, kernel: row.kernel, stride: stride, groups: expanded)
            if style.squeezesAndExcites { SqueezeExcite(squeezed: max(1, inputs / 4), activation: style.activation) }
            style.conv(row.channels, kernel: 1, activates: false)
        }
    }
}
