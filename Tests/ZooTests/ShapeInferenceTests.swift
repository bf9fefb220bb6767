import TestSupport
import Testing
import Zoo

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

struct ShapeInferenceTests {
    @Test func `windows give PyTorch's output sizes`() throws {
        let lines = try String(contentsOfFile: Fixtures.path("zoo/windows.txt"), encoding: .utf8).split(separator: "\n")
        #expect(lines.count == 380)
        for line in lines {
            let words = line.split(separator: " ").map(String.init)
            let extents = words[1...4].map(extent)
            let padding: Padding =
                switch words[0] {
                case "same": .same
                case "ceil": .roundingUp(extent(words[5]))
                default: .symmetric(extent(words[5]))
                }
            let operation: Zoo.Operation =
                switch words[0] {
                case "conv", "same":
                    .convolution(
                        Convolution(
                            inputs: 5, outputs: 7, kernel: extents[1], stride: extents[2], padding: padding,
                            dilation: extents[3]))
                case "max", "ceil": .pool(Pool(.max, kernel: extents[1], stride: extents[2], padding: padding))
                default:
                    .pool(Pool(.average(countsPadding: true), kernel: extents[1], stride: extents[2], padding: padding))
                }
            let channels = words[0] == "conv" || words[0] == "same" ? 7 : 5
            let shape = try? operation.outputShape(of: [[extents[0].height, extents[0].width, 5]], at: "")
            let expected = words[6] == "none" ? nil : [extent(words[6]).height, extent(words[6]).width, channels]
            #expect(shape == expected, "\(line)")
        }
    }

    @Test(arguments: [
        // Input, kernel, stride, dilation; the margin before. TensorFlow puts the odd row below and to the right.
        (224, 3, 2, 1, 0), (225, 3, 2, 1, 1), (7, 5, 1, 1, 2), (8, 5, 2, 1, 1), (5, 1, 2, 1, 0), (9, 2, 1, 1, 0),
        (10, 3, 1, 2, 2), (1, 7, 1, 1, 3),
    ])
    func `the margin before a same-padded window`(input: Int, kernel: Int, stride: Int, dilation: Int, before: Int) {
        let resolved = Padding.same.resolve(
            input: input, kernel: kernel, stride: stride, dilation: dilation, margin: \.height)
        #expect(resolved?.before == before)
    }

    @Test func `a graph's shapes follow another input size`() throws {
        let graph = try graph {
            Conv(8, kernel: 3, stride: 2)
            GlobalPool.average
            Flatten()
            Dense(5)
        }
        #expect(try graph.shapes(input: [9, 14, 3]) == [[9, 14, 3], [5, 7, 8], [1, 1, 8], [8], [5]])
        #expect(
            message { try graph.shapes(input: [9, 14, 4]) }
                == "the input does not fit the model: expected HxWx3, found 9x14x4")
        #expect(
            message { try graph.shapes(input: [0, 14, 3]) }
                == "the input does not fit the model: expected HxWx3, found 0x14x3")
        #expect(message { try graph.shapes(input: [3]) } == "the input does not fit the model: expected HxWx3, found 3")
    }

    @Test func `concatenating adds channels, multiplying takes a gate`() throws {
        let graph = try graph {
            Concatenate {
                Conv(8, kernel: 1)
                Pool.max(3, stride: 1, padding: 1)
            }
            SqueezeExcite(squeezed: 2)
        }
        #expect(try graph.shapes(input: [4, 4, 3]).last == [4, 4, 11])
    }

    @Test func `layers that do not fit name themselves`() {
        let build = { (layer: any Layer) in message { try graph(size: 8) { layer.named("here") } } }
        #expect(build(Dense(0)) == "here: features must be positive")
        #expect(build(LayerNorm(epsilon: 0)) == "here: epsilon must be positive")
        #expect(
            build(Attention(heads: 2))
                == "here: the layer does not fit its input: expected Tx3C with C a multiple of 2, found 8x8x3")
        #expect(
            build(Attention(heads: 1, windows: .init(2, shift: 2))) == "here: a shift must be smaller than the window")
        #expect(build(Pad(-1)) == "here: a margin must not be negative")
        #expect(build(SpaceToDepth(3)).hasSuffix("expected HxWxC with multiples of 3, found 8x8x3"))
        #expect(build(ChannelShuffle(groups: 2)).hasSuffix("expected channels in 2 groups, found 8x8x3"))
        #expect(
            build(Slice(.channels, from: 2, count: 2)).hasSuffix("expected channels that the slice has, found 8x8x3"))
        #expect(
            message {
                try graph {
                    TokenEmbedding(); Attention(heads: 2)
                }
            }
                == "1: the layer does not fit its input: expected Tx3C with C a multiple of 2, found 64x3")
        #expect(
            build(Conv(8, kernel: 11, padding: .symmetric(0)))
                == "here: the window does not fit the image: expected at least 11x11, found 8x8; use a larger image")
        #expect(build(Conv(8, kernel: 3, groups: 2)) == "here: groups must divide the channels")
        #expect(build(Conv(8, kernel: 3, groups: 0)) == "here: groups must be positive")
        #expect(build(Conv(0, kernel: 3)) == "here: channels must be positive")
        #expect(build(Norm(epsilon: 0)) == "here: epsilon must be positive")
        #expect(build(Dropout(1)) == "here: a dropout probability must be from 0 to below 1")
        #expect(build(Residual(drop: 1) { Conv(3, kernel: 1) }) == "here: a drop probability must be from 0 to below 1")
        #expect(
            build(Residual { Conv(4, kernel: 1) })
                == "here: the layer does not fit its input: expected equal shapes, found 8x8x4 and 8x8x3")
        #expect(build(Pool.max(2, padding: 2)) == "here: padding must be at most half the kernel")
        #expect(build(GlobalPool.generalizedMean(power: 0)) == "here: the power must be positive")
        #expect(
            build(
                Concatenate {
                    Conv(4, kernel: 1)
                    Conv(4, kernel: 1, stride: 2)
                }
            )
                == "here: the layer does not fit its input: expected shapes that differ in their channels only, found 8x8x4 and 4x4x4"
        )
        #expect(
            message {
                try graph {
                    Flatten()
                    GlobalPool.max
                }
            } == "1: the layer does not fit its input: expected HxWxC or TxC, found 192")
    }

    private func extent(_ text: String) -> Extent {
        let sides = text.split(separator: "x").compactMap { Int($0) }
        return Extent(height: sides[0], width: sides[1])
    }
}

/// A graph of the layers on an image of three channels.
func graph(size: Int = 8, @LayerBuilder _ layers: () -> [any Layer]) throws -> Graph {
    var builder = GraphBuilder(inputShape: [size, size, 3])
    let output = try Sequential(layers()).build(builder.input, in: &builder)
    return try builder.graph(output: output)
}
