import Zoo

/// Widen by 1x1, filter every channel, perhaps squeeze and excite, narrow by 1x1; where the shape stays, the input is added
/// (the paper's section 5). The gate is a hard sigmoid.
struct InvertedResidual: Layer {
    private let row: Row

    init(_ row: Row) { self.row = row }

    func build(_ input: Value, in graph: inout GraphBuilder) throws(GraftError) -> Value {
        let block = block(inputs: input.channels).named("block")
        guard row.stride == 1, input.channels == row.channels else { return try block.build(input, in: &graph) }
        return try Residual { block }.build(input, in: &graph)
    }

    private func block(inputs: Int) -> Sequential {
        Sequential {
            if row.expanded != inputs { conv(row.expanded, kernel: 1, activation: row.activation) }
            conv(
                row.expanded, kernel: row.kernel, stride: row.stride, groups: row.expanded, activation: row.activation)
            if row.squeezes {
                SqueezeExcite(squeezed: roundedChannels(Double(row.expanded / 4)), gate: .hardSigmoid)
            }
            conv(row.channels, kernel: 1, activation: nil)
        }
    }

    private func conv(
        _ channels: Int, kernel: Int, stride: Int = 1, groups: Int = 1, activation: Activation?
    ) -> ConvNormActivation {
        ConvNormActivation(
            channels, kernel: Extent(kernel), stride: Extent(stride), groups: groups, norm: Variant.norm,
            activation: activation)
    }
}
