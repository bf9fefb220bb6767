import Zoo

/// Convolution, norm, then ReLU with a learnt factor and shift behind it, or nothing.
struct ConvBlock: CompositeLayer {
    private let conv: Conv
    private let activates: Bool
    private let isAffine: Bool

    init(
        _ channels: Int, kernel: Extent, stride: Extent = 1, padding: Padding? = nil, groups: Int = 1,
        activates: Bool = true, isAffine: Bool
    ) {
        conv = Conv(channels, kernel: kernel, stride: stride, padding: padding, groups: groups)
        self.activates = activates
        self.isAffine = isAffine
    }

    var layers: [any Layer] {
        conv.named("conv")
        Norm().named("bn")
        if activates {
            Activation.relu.named("act")
            if isAffine { LearntAffine().named("lab") }
        }
    }
}

/// Two convolutions of 2x2 beside a max pool, of an image with a row and a column of zeros more.
struct HGStem: CompositeLayer {
    let inner: Int
    let outputs: Int
    let isAffine: Bool

    var layers: [any Layer] {
        block(inner, kernel: 3, stride: 2).named("stem1")
        Pad(1).named("pad")
        Concatenate {
            Pool.max(2, stride: 1).named("pool")
            Sequential {
                block(inner / 2, kernel: 2).named("stem2a")
                Pad(1).named("pad2")
                block(inner, kernel: 2).named("stem2b")
            }.unnamed
        }.named("")
        block(inner, kernel: 3, stride: 2).named("stem3")
        block(outputs, kernel: 1).named("stem4")
    }

    private func block(_ channels: Int, kernel: Extent, stride: Extent = 1) -> ConvBlock {
        // timm's margin, (stride - 1 + kernel - 1) / 2 rounded down.
        ConvBlock(
            channels, kernel: kernel, stride: stride, padding: .symmetric(Extent((kernel.height - 1) / 2)),
            isAffine: isAffine)
    }
}

/// Convolutions one after the other; all of their outputs and the input are joined and narrowed in two steps.
struct HGBlock: Layer {
    let inner: Int
    let outputs: Int
    let count: Int
    /// Whether each is a 1x1 convolution and a depthwise one of 5x5, in place of one of 3x3.
    let isLight: Bool
    let isResidual: Bool
    let isAffine: Bool

    func build(_ input: Value, in graph: inout GraphBuilder) throws(GraftError) -> Value {
        var values = [input]
        for index in 0..<count {
            values.append(try layer.named("layers.\(index)").build(values[index], in: &graph))
        }
        let joined = try graph.append(.concatenate, inputs: values)
        let result = try Sequential {
            ConvBlock(outputs / 2, kernel: 1, isAffine: isAffine)
            ConvBlock(outputs, kernel: 1, isAffine: isAffine)
        }.named("aggregation").build(joined, in: &graph)
        return isResidual ? try graph.append(.add(dropFirst: 0), result, input) : result
    }

    private var layer: any Layer {
        guard isLight else { return ConvBlock(inner, kernel: 3, isAffine: isAffine) }
        return Sequential {
            ConvBlock(inner, kernel: 1, activates: false, isAffine: isAffine).named("conv1")
            ConvBlock(inner, kernel: 5, groups: inner, isAffine: isAffine).named("conv2")
        }
    }
}
