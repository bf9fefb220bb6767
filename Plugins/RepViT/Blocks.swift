import Zoo

/// Convolution without bias, batch norm.
struct ConvNorm: CompositeLayer {
    private let conv: Conv

    init(_ channels: Int, kernel: Extent, stride: Extent = 1, groups: Int = 1) {
        conv = Conv(channels, kernel: kernel, stride: stride, groups: groups)
    }

    var layers: [any Layer] {
        conv.named("c")
        Norm().named("bn")
    }
}

/// A depthwise filter of 3x3, one of 1x1 and the input itself, added up.
private struct Filter: CompositeLayer {
    let width: Int
    let isFirstRelease: Bool

    var layers: [any Layer] {
        Residual {
            Residual(shortcut: point.named("conv1")) {
                ConvNorm(width, kernel: 3, groups: width).named("conv")
            }.named("")
        }.named("")
        if !isFirstRelease { Norm().named("bn") }
    }

    private var point: any Layer {
        isFirstRelease
            ? ConvNorm(width, kernel: 1, groups: width) : Conv(width, kernel: 1, groups: width, bias: true)
    }
}

/// Two 1x1 convolutions, twice as wide between, added to what comes in.
private struct Perceptron: CompositeLayer {
    let width: Int

    var layers: [any Layer] {
        Residual {
            ConvNorm(2 * width, kernel: 1).named("conv1")
            Activation.gelu.named("act")
            ConvNorm(width, kernel: 1).named("conv2")
        }.named("")
    }
}

/// A filter, gates in every other block, a perceptron.
struct RepViTBlock: CompositeLayer {
    let width: Int
    let squeezes: Bool
    let isFirstRelease: Bool

    var layers: [any Layer] {
        Filter(width: width, isFirstRelease: isFirstRelease).named("token_mixer")
        // A quarter of the channels, in whole eights.
        if squeezes { SqueezeExcite(squeezed: max(8, (width / 4 + 4) / 8 * 8)).named("se") }
        Perceptron(width: width).named("channel_mixer")
    }
}

/// A block, then half the height and width, then other channels.
struct Reduction: CompositeLayer {
    let inputs: Int
    let outputs: Int
    let isFirstRelease: Bool

    var layers: [any Layer] {
        RepViTBlock(width: inputs, squeezes: false, isFirstRelease: isFirstRelease).named("pre_block")
        ConvNorm(inputs, kernel: 3, stride: 2, groups: inputs).named("spatial_downsample")
        ConvNorm(outputs, kernel: 1).named("channel_downsample")
        Perceptron(width: outputs).named("ffn")
    }
}
