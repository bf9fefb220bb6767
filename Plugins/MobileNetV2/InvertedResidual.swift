import Zoo

/// Widen by 1x1, filter every channel, narrow by 1x1 without an activation (the paper's Table 1); where the shape stays, the
/// input is added.
struct InvertedResidual: Layer {
    /// How many times wider than its input the block is inside.
    let expand: Int
    let channels: Int
    let stride: Int

    func build(_ input: Value, in graph: inout GraphBuilder) throws(GraftError) -> Value {
        let inner = expand * input.channels
        let block = Sequential {
            if expand > 1 { ConvNormActivation(inner, kernel: 1, activation: .relu6) }
            ConvNormActivation(inner, kernel: 3, stride: Extent(stride), groups: inner, activation: .relu6)
            Conv(channels, kernel: 1)
            Norm()
        }.named("conv")
        guard stride == 1, input.channels == channels else { return try block.build(input, in: &graph) }
        return try Residual { block }.build(input, in: &graph)
    }
}
