import Zoo

/// A row of the paper's figure: equal blocks one after the other.
struct Stack: Sendable {
    /// Before scaling.
    let channels: Int
    let kernel: Int
    /// The first block's; the others have stride 1.
    let stride: Int
    /// How many times wider than its input a block is inside.
    let expand: Int
    let blocks: Int
}

/// Widen by 1x1, filter every channel, narrow by 1x1 without an activation; where the shape stays, the input is added.
struct InvertedResidual: Layer {
    private let stack: Stack
    private let channels: Int
    private let stride: Int

    /// - Parameter channels: those that go out, scaled.
    init(_ stack: Stack, channels: Int, stride: Int) {
        self.stack = stack
        self.channels = channels
        self.stride = stride
    }

    func build(_ input: Value, in graph: inout GraphBuilder) throws(GraftError) -> Value {
        let inner = stack.expand * input.channels
        let block = Sequential {
            Conv(inner, kernel: 1)
            MNASNet.norm
            Activation.relu
            Conv(inner, kernel: Extent(stack.kernel), stride: Extent(stride), groups: inner)
            MNASNet.norm
            Activation.relu
            Conv(channels, kernel: 1)
            MNASNet.norm
        }.named("layers")
        guard stride == 1, input.channels == channels else { return try block.build(input, in: &graph) }
        return try Residual { block }.build(input, in: &graph)
    }
}
