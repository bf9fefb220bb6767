import Zoo

/// Norm, ReLU, 1x1 convolution to four times as many channels as are added; norm, ReLU, 3x3 convolution; joined with
/// the input (the paper's DenseNet-B).
struct DenseLayer: Layer {
    /// Channels that it adds.
    let growth: Int

    func build(_ input: Value, in graph: inout GraphBuilder) throws(GraftError) -> Value {
        let added = try Sequential {
            Norm().named("norm1")
            Activation.relu.named("relu1")
            Conv(4 * growth, kernel: 1).named("conv1")
            Norm().named("norm2")
            Activation.relu.named("relu2")
            Conv(growth, kernel: 3).named("conv2")
        }.build(input, in: &graph)
        return try graph.append(.concatenate, input, added)
    }
}

/// Half the channels, half the height and width (the paper's DenseNet-C).
struct Transition: Layer {
    func build(_ input: Value, in graph: inout GraphBuilder) throws(GraftError) -> Value {
        try Sequential {
            Norm().named("norm")
            Activation.relu.named("relu")
            Conv(input.channels / 2, kernel: 1).named("conv")
            Pool.average(2).named("pool")
        }.build(input, in: &graph)
    }
}
