import Zoo

/// What all layers of a variant have in common.
struct LayerStyle: Sendable {
    /// Batch norm's constants.
    struct NormConstants: Sendable {
        let epsilon: Double
        let momentum: Double

        static let pyTorch = NormConstants(epsilon: 1e-5, momentum: 0.1)
        static let tensorFlow = NormConstants(epsilon: 1e-3, momentum: 0.01)
    }

    let activation: Activation
    let norm: NormConstants
    /// nil for half the kernel on every side.
    let padding: Padding?
    let squeezesAndExcites: Bool
}

/// Convolution without bias, batch norm, activation: torchvision's `Conv2dNormActivation`.
struct ConvNormActivation: CompositeLayer {
    private let channels: Int
    private let kernel: Int
    private let stride: Int
    private let groups: Int
    private let activates: Bool
    private let style: LayerStyle

    init(
        _ channels: Int, kernel: Int, stride: Int = 1, groups: Int = 1, activates: Bool = true, style: LayerStyle
    ) {
        self.channels = channels
        self.kernel = kernel
        self.stride = stride
        self.groups = groups
        self.activates = activates
        self.style = style
    }

    var layers: [any Layer] {
        Conv(channels, kernel: Extent(kernel), stride: Extent(stride), padding: style.padding, groups: groups)
        Norm(epsilon: style.norm.epsilon, momentum: style.norm.momentum)
        if activates { style.activation }
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

    func build(_ input: Value, in graph: inout GraphBuilder) throws(ZooError) -> Value {
        let block = block(inputs: input.channels).named("block")
        guard stride == 1, input.channels == row.channels else { return try block.build(input, in: &graph) }
        return try Residual(drop: drop) { block }.build(input, in: &graph)
    }

    private func block(inputs: Int) -> Sequential {
        let expanded = inputs * row.expand
        return Sequential {
            if row.expand > 1 { ConvNormActivation(expanded, kernel: 1, style: style) }
            ConvNormActivation(expanded, kernel: row.kernel, stride: stride, groups: expanded, style: style)
            if style.squeezesAndExcites { SqueezeExcite(squeezed: max(1, inputs / 4), activation: style.activation) }
            ConvNormActivation(row.channels, kernel: 1, activates: false, style: style)
        }
    }
}
