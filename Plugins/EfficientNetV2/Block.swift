import Zoo

/// The mobile inverted bottleneck, plain or fused (the paper's Figure 2). Where the shape stays, the input is added.
struct Block: Layer {
    static let norm = Norm(epsilon: 1e-3)

    private let row: Row
    private let stride: Int
    private let drop: Double

    /// - Parameters:
    ///   - index: the block's number in its row; only the first one strides.
    ///   - drop: the probability that training skips the block for an image.
    init(_ row: Row, index: Int, drop: Double) {
        self.row = row
        self.stride = index == 0 ? row.stride : 1
        self.drop = drop
    }

    func build(_ input: Value, in graph: inout GraphBuilder) throws(GraftError) -> Value {
        let block = Sequential(row.isFused ? fused(input.channels) : plain(input.channels)).named("block")
        guard stride == 1, input.channels == row.channels else { return try block.build(input, in: &graph) }
        return try Residual(drop: drop) { block }.build(input, in: &graph)
    }

    @LayerBuilder private func plain(_ inputs: Int) -> [any Layer] {
        let inner = row.expand * inputs
        conv(inner, kernel: 1)
        conv(inner, kernel: 3, stride: stride, groups: inner)
        SqueezeExcite(squeezed: inputs / 4, activation: .silu)
        conv(row.channels, kernel: 1, activates: false)
    }

    @LayerBuilder private func fused(_ inputs: Int) -> [any Layer] {
        if row.expand > 1 {
            conv(row.expand * inputs, kernel: 3, stride: stride)
            conv(row.channels, kernel: 1, activates: false)
        } else {
            conv(row.channels, kernel: 3, stride: stride)
        }
    }

    private func conv(_ channels: Int, kernel: Int, stride: Int = 1, groups: Int = 1, activates: Bool = true)
        -> ConvNormActivation
    {
        ConvNormActivation(
            channels, kernel: Extent(kernel), stride: Extent(stride), groups: groups, norm: Self.norm,
            activation: activates ? .silu : nil)
    }
}
