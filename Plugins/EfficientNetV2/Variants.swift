import ImageNet
import Zoo

/// A row of the paper's Table 4: one stage of equal blocks.
struct Row: Sendable {
    /// Whether one dense convolution stands in for the first 1x1 and the depthwise one.
    let isFused: Bool
    /// How many times wider than its input a block is inside.
    let expand: Int
    /// The first block's; the others have stride 1.
    let stride: Int
    let channels: Int
    let layers: Int

    static func fused(_ expand: Int, _ stride: Int, _ channels: Int, _ layers: Int) -> Row {
        Row(isFused: true, expand: expand, stride: stride, channels: channels, layers: layers)
    }

    static func mbconv(_ expand: Int, _ stride: Int, _ channels: Int, _ layers: Int) -> Row {
        Row(isFused: false, expand: expand, stride: stride, channels: channels, layers: layers)
    }
}

/// One network of the family.
struct Variant: Sendable {
    let name: String
    /// The stem has as many channels as the first.
    let rows: [Row]
    /// Before the classifier.
    let dropout: Double
    let pretrained: PretrainedEntry

    static let all = [
        Variant(
            name: "efficientnet_v2_s",
            rows: [
                .fused(1, 1, 24, 2), .fused(4, 2, 48, 4), .fused(4, 2, 64, 4),
                .mbconv(4, 2, 128, 6), .mbconv(6, 1, 160, 9), .mbconv(6, 2, 256, 15),
            ],
            dropout: 0.2,
            pretrained: .torchvision(
                "efficientnet_v2_s-dd5fe13b", resize: 384, crop: 384, accuracy: 84.228, model: "efficientnet.py")),
        Variant(
            name: "efficientnet_v2_m",
            rows: [
                .fused(1, 1, 24, 3), .fused(4, 2, 48, 5), .fused(4, 2, 80, 5),
                .mbconv(4, 2, 160, 7), .mbconv(6, 1, 176, 14), .mbconv(6, 2, 304, 18), .mbconv(6, 1, 512, 5),
            ],
            dropout: 0.3,
            pretrained: .torchvision(
                "efficientnet_v2_m-dc08266a", resize: 480, crop: 480, accuracy: 85.112, model: "efficientnet.py")),
        Variant(
            name: "efficientnet_v2_l",
            rows: [
                .fused(1, 1, 32, 4), .fused(4, 2, 64, 7), .fused(4, 2, 96, 7),
                .mbconv(4, 2, 192, 10), .mbconv(6, 1, 224, 19), .mbconv(6, 2, 384, 25), .mbconv(6, 1, 640, 7),
            ],
            dropout: 0.4,
            // Ported from TensorFlow with its scaling of the picture to -1...1.
            pretrained: .torchvision(
                "efficientnet_v2_l-59c71312",
                preprocessing: .symmetric(
                    resize: 480, crop: 480, interpolation: .bicubic), accuracy: 85.808, model: "efficientnet.py")),
    ]
}
