import Zoo

/// One network of the family.
struct Variant: Sendable {
    let name: String
    /// Channels of the first convolution.
    let stem: Int
    /// Blocks in each of the five stages: the paper's Tables 11 to 13 as timm has them.
    let stages: [[[any Layer]]]
    let resize: Int
    let crop: Int

    static let all = [
        Variant(
            name: "mobilenetv4_conv_small", stem: 32,
            stages: [
                [conv(3, 2, 32), conv(1, 1, 32)],
                [conv(3, 2, 96), conv(1, 1, 64)],
                [uib(5, 5, 2, 3, 96), uib(0, 3, 1, 2, 96, 4), uib(3, 0, 1, 4, 96)],
                [
                    uib(3, 3, 2, 6, 128), uib(5, 5, 1, 4, 128), uib(0, 5, 1, 4, 128), uib(0, 5, 1, 3, 128),
                    uib(0, 3, 1, 4, 128, 2),
                ],
                [conv(1, 1, 960)],
            ], resize: 256, crop: 224),
        Variant(
            name: "mobilenetv4_conv_medium", stem: 32,
            stages: [
                [[FusedBlock(channels: 48)]],
                [uib(3, 5, 2, 4, 80), uib(3, 3, 1, 2, 80)],
                [
                    uib(3, 5, 2, 6, 160), uib(3, 3, 1, 4, 160, 2), uib(3, 5, 1, 4, 160), uib(3, 3, 1, 4, 160),
                    uib(3, 0, 1, 4, 160), uib(0, 0, 1, 2, 160), uib(3, 0, 1, 4, 160),
                ],
                [
                    uib(5, 5, 2, 6, 256), uib(5, 5, 1, 4, 256), uib(3, 5, 1, 4, 256, 2), uib(0, 0, 1, 4, 256),
                    uib(3, 0, 1, 4, 256), uib(3, 5, 1, 2, 256), uib(5, 5, 1, 4, 256), uib(0, 0, 1, 4, 256, 2),
                    uib(5, 0, 1, 2, 256),
                ],
                [conv(1, 1, 960)],
            ], resize: 269, crop: 256),
        Variant(
            name: "mobilenetv4_conv_large", stem: 24,
            stages: [
                [[FusedBlock(channels: 48)]],
                [uib(3, 5, 2, 4, 96), uib(3, 3, 1, 4, 96)],
                [
                    uib(3, 5, 2, 4, 192), uib(3, 3, 1, 4, 192, 3), uib(3, 5, 1, 4, 192), uib(5, 3, 1, 4, 192, 5),
                    uib(3, 0, 1, 4, 192),
                ],
                [
                    uib(5, 5, 2, 4, 512), uib(5, 5, 1, 4, 512, 3), uib(5, 0, 1, 4, 512), uib(5, 3, 1, 4, 512),
                    uib(5, 0, 1, 4, 512, 2), uib(5, 3, 1, 4, 512), uib(5, 5, 1, 4, 512), uib(5, 0, 1, 4, 512, 3),
                ],
                [conv(1, 1, 960)],
            ], resize: 404, crop: 384),
        Variant(
            name: "mobilenetv4_hybrid_medium", stem: 32,
            stages: [
                [[FusedBlock(channels: 48)]],
                scaled([uib(3, 5, 2, 4, 80), uib(3, 3, 1, 2, 80)]),
                scaled([
                    uib(3, 5, 2, 6, 160), uib(0, 0, 1, 2, 160), uib(3, 3, 1, 4, 160), uib(3, 5, 1, 4, 160),
                    attention(2, 160), uib(3, 3, 1, 4, 160), attention(2, 160), uib(3, 0, 1, 4, 160),
                    attention(2, 160), uib(3, 3, 1, 4, 160), attention(2, 160), uib(3, 0, 1, 4, 160),
                ]),
                scaled([
                    uib(5, 5, 2, 6, 256), uib(5, 5, 1, 4, 256), uib(3, 5, 1, 4, 256, 2), uib(0, 0, 1, 2, 256),
                    uib(3, 5, 1, 2, 256), uib(0, 0, 1, 2, 256), uib(0, 0, 1, 4, 256), attention(1, 256),
                    uib(3, 0, 1, 4, 256), attention(1, 256), uib(5, 5, 1, 4, 256), attention(1, 256),
                    uib(5, 0, 1, 4, 256), attention(1, 256), uib(5, 0, 1, 4, 256),
                ]),
                [conv(1, 1, 960)],
            ], resize: 269, crop: 256),
    ]

    /// - Parameter stride: of keys and values.
    private static func attention(_ stride: Int, _ channels: Int) -> [any Layer] {
        [AttentionBlock(heads: 4, size: 64, stride: stride, channels: channels)]
    }

    /// The same with a learnt factor at the end of every bottleneck.
    private static func scaled(_ rows: [[any Layer]]) -> [[any Layer]] {
        rows.map { row in
            row.map { layer -> any Layer in
                guard var block = layer as? UniversalBlock else { return layer }
                block.hasLayerScale = true
                return block
            }
        }
    }

    private static func conv(_ kernel: Int, _ stride: Int, _ channels: Int) -> [any Layer] {
        [ConvBlock(kernel: kernel, stride: stride, channels: channels)]
    }

    /// - Parameters:
    ///   - start: the kernel of the first depthwise convolution, 0 for none.
    ///   - middle: that of the one between the two pointwise ones, 0 for none.
    private static func uib(
        _ start: Int, _ middle: Int, _ stride: Int, _ expand: Int, _ channels: Int, _ count: Int = 1
    ) -> [any Layer] {
        let block = UniversalBlock(start: start, middle: middle, stride: stride, expand: expand, channels: channels)
        return [any Layer](repeating: block, count: count)
    }
}
