import Zoo

/// Convolution, norm, ReLU.
struct ConvBlock: CompositeLayer {
    let kernel: Int
    let stride: Int
    let channels: Int

    var layers: [any Layer] {
        Conv(channels, kernel: Extent(kernel), stride: Extent(stride)).named("conv")
        Norm().named("bn1")
        Activation.relu.named("act")
    }
}

/// Widen fourfold by a 3x3 convolution that halves height and width, narrow by 1x1.
struct FusedBlock: Layer {
    let channels: Int

    func build(_ input: Value, in graph: inout GraphBuilder) throws(GraftError) -> Value {
        try Sequential {
            Conv(4 * input.channels, kernel: 3, stride: 2).named("conv_exp")
            Norm().named("bn1")
            Activation.relu.named("act")
            Conv(channels, kernel: 1).named("conv_pwl")
            Norm().named("bn2")
        }.build(input, in: &graph)
    }
}

/// The universal inverted bottleneck (the paper's Figure 4): widen and narrow by 1x1, with a depthwise convolution before,
/// between, at both places or at none. Where the shape stays, the input is added.
struct UniversalBlock: Layer {
    let start: Int
    let middle: Int
    let stride: Int
    let expand: Int
    let channels: Int
    var hasLayerScale = false

    func build(_ input: Value, in graph: inout GraphBuilder) throws(GraftError) -> Value {
        let block = block(inputs: input.channels)
        guard stride == 1, input.channels == channels else { return try block.build(input, in: &graph) }
        return try Residual { block.unnamed }.build(input, in: &graph)
    }

    private func block(inputs: Int) -> Sequential {
        let inner = expand * inputs
        return Sequential {
            if start > 0 {
                // It strides where no other does.
                layer(inputs, kernel: start, stride: middle > 0 ? 1 : stride, groups: inputs, activates: false)
                    .named("dw_start")
            }
            layer(inner).named("pw_exp")
            if middle > 0 { layer(inner, kernel: middle, stride: stride, groups: inner).named("dw_mid") }
            layer(channels, activates: false).named("pw_proj")
            if hasLayerScale { LayerScale().named("layer_scale") }
        }
    }

    private func layer(
        _ channels: Int, kernel: Int = 1, stride: Int = 1, groups: Int = 1, activates: Bool = true
    ) -> Sequential {
        Sequential {
            Conv(channels, kernel: Extent(kernel), stride: Extent(stride), groups: groups).named("conv")
            Norm().named("bn")
            if activates { Activation.relu.named("act") }
        }
    }
}

/// Attention of several heads that share their keys and values (the paper's section 5), of which a strided depthwise convolution
/// may leave fewer positions. The input is added.
struct AttentionBlock: CompositeLayer {
    let heads: Int
    /// Channels of a head.
    let size: Int
    /// Of keys and values.
    let stride: Int
    let channels: Int

    var layers: [any Layer] {
        Residual {
            Norm().named("norm")
            SharedKeysAttention(heads: heads, size: size, stride: stride).named("attn")
            Conv(channels, kernel: 1).named("attn.output.proj")
            LayerScale().named("layer_scale")
        }.named("")
    }
}

private struct SharedKeysAttention: Layer {
    let heads: Int
    let size: Int
    let stride: Int

    func build(_ input: Value, in graph: inout GraphBuilder) throws(GraftError) -> Value {
        let queries = try Conv(heads * size, kernel: 1).named("query.proj").build(input, in: &graph)
        let reduced = reduced(channels: input.channels)
        let keys = try reduced.named("key").build(input, in: &graph)
        let values = try reduced.named("value").build(input, in: &graph)
        return try graph.append(.attention(Attention(heads: heads)), queries, keys, values)
    }

    private func reduced(channels: Int) -> Sequential {
        Sequential {
            if stride > 1 {
                Conv(channels, kernel: 3, stride: Extent(stride), groups: channels).named("down_conv")
                Norm().named("norm")
            }
            Conv(size, kernel: 1).named("proj")
        }
    }
}
