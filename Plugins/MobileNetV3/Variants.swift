import ImageNet
import Zoo

/// A row of the paper's Table 1 or 2: one block.
struct Row: Sendable {
    let kernel: Int
    /// Channels inside the block.
    let expanded: Int
    let channels: Int
    let squeezes: Bool
    let activation: Activation
    let stride: Int

    /// In the order of the paper's columns: kernel, exp size, #out, SE, NL, s.
    init(_ kernel: Int, _ expanded: Int, _ channels: Int, _ squeezes: Bool, _ activation: Activation, _ stride: Int) {
        self.kernel = kernel
        self.expanded = expanded
        self.channels = channels
        self.squeezes = squeezes
        self.activation = activation
        self.stride = stride
    }
}

/// One of the two networks.
struct Variant: Sendable {
    let name: String
    let rows: [Row]
    /// Features between pooling and classifier.
    let neck: Int
    let pretrained: [PretrainedEntry]

    /// Channels of the last convolution.
    var lastConvolution: Int { 6 * (rows.last?.channels ?? 0) }

    /// TensorFlow's constants.
    static let norm = Norm(epsilon: 1e-3, momentum: 0.01)

    static let all = [
        // Table 1.
        Variant(
            name: "mobilenet_v3_large",
            rows: [
                Row(3, 16, 16, false, .relu, 1),
                Row(3, 64, 24, false, .relu, 2),
                Row(3, 72, 24, false, .relu, 1),
                Row(5, 72, 40, true, .relu, 2),
                Row(5, 120, 40, true, .relu, 1),
                Row(5, 120, 40, true, .relu, 1),
                Row(3, 240, 80, false, .hardSwish, 2),
                Row(3, 200, 80, false, .hardSwish, 1),
                Row(3, 184, 80, false, .hardSwish, 1),
                Row(3, 184, 80, false, .hardSwish, 1),
                Row(3, 480, 112, true, .hardSwish, 1),
                Row(3, 672, 112, true, .hardSwish, 1),
                Row(5, 672, 160, true, .hardSwish, 2),
                Row(5, 960, 160, true, .hardSwish, 1),
                Row(5, 960, 160, true, .hardSwish, 1),
            ],
            neck: 1280,
            pretrained: [
                entry("mobilenet_v3_large-5c1a4163", name: "imagenet1k_v2", resize: 232, accuracy: 75.274),
                entry("mobilenet_v3_large-8738ca79", accuracy: 74.042),
            ]),
        // Table 2.
        Variant(
            name: "mobilenet_v3_small",
            rows: [
                Row(3, 16, 16, true, .relu, 2),
                Row(3, 72, 24, false, .relu, 2),
                Row(3, 88, 24, false, .relu, 1),
                Row(5, 96, 40, true, .hardSwish, 2),
                Row(5, 240, 40, true, .hardSwish, 1),
                Row(5, 240, 40, true, .hardSwish, 1),
                Row(5, 120, 48, true, .hardSwish, 1),
                Row(5, 144, 48, true, .hardSwish, 1),
                Row(5, 288, 96, true, .hardSwish, 2),
                Row(5, 576, 96, true, .hardSwish, 1),
                Row(5, 576, 96, true, .hardSwish, 1),
            ],
            neck: 1024,
            pretrained: [entry("mobilenet_v3_small-047dcff4", accuracy: 67.668)]),
    ]

    private static func entry(
        _ file: String, name: String = "imagenet1k_v1", resize: Int = 256, accuracy: Double
    ) -> PretrainedEntry {
        .torchvision(file, name: name, resize: resize, accuracy: accuracy, model: "mobilenetv3.py")
    }
}
