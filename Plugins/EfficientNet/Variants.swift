import Zoo

/// A row of the paper's Table 1: one stage of equal blocks.
struct Row: Sendable {
    /// How many times wider than its input a block is inside.
    var expand: Int
    var kernel: Int
    /// The first block's; the others have stride 1.
    var stride: Int
    var channels: Int
    var layers: Int
}

/// One network of the family: how it scales the table, and how its layers are made.
struct Variant: Sendable {
    /// Who trained the family's weights decides about the details of its layers.
    enum Family: Sendable {
        /// B0 to B7, after torchvision.
        case paper
        /// Lite0 to Lite4, after TensorFlow: no squeeze-excite, stem and head not scaled, nor the depth of the first and
        /// last stage.
        case lite
    }

    let name: String
    let family: Family
    /// Multiplies channels.
    let width: Double
    /// Multiplies layers.
    let depth: Double
    /// The crop that it was designed for, in pixels.
    let resolution: Int
    /// Before the classifier.
    let dropout: Double
    let style: LayerStyle

    /// EfficientNet-B0: the paper's Table 1, stages 2 to 8.
    private static let table = [
        Row(expand: 1, kernel: 3, stride: 1, channels: 16, layers: 1),
        Row(expand: 6, kernel: 3, stride: 2, channels: 24, layers: 2),
        Row(expand: 6, kernel: 5, stride: 2, channels: 40, layers: 2),
        Row(expand: 6, kernel: 3, stride: 2, channels: 80, layers: 3),
        Row(expand: 6, kernel: 5, stride: 1, channels: 112, layers: 3),
        Row(expand: 6, kernel: 5, stride: 2, channels: 192, layers: 4),
        Row(expand: 6, kernel: 3, stride: 1, channels: 320, layers: 1),
    ]

    private static let tensorFlowNorm = Norm(epsilon: 1e-3, momentum: 0.01)

    /// Every variant; the first is the default of its kind.
    static let all = [
        Variant("efficientnet_b0", .paper, width: 1.0, depth: 1.0, resolution: 224, dropout: 0.2),
        Variant("efficientnet_b1", .paper, width: 1.0, depth: 1.1, resolution: 240, dropout: 0.2),
        Variant("efficientnet_b2", .paper, width: 1.1, depth: 1.2, resolution: 260, dropout: 0.3),
        Variant("efficientnet_b3", .paper, width: 1.2, depth: 1.4, resolution: 300, dropout: 0.3),
        Variant("efficientnet_b4", .paper, width: 1.4, depth: 1.8, resolution: 380, dropout: 0.4),
        Variant("efficientnet_b5", .paper, width: 1.6, depth: 2.2, resolution: 456, dropout: 0.4, norm: tensorFlowNorm),
        Variant("efficientnet_b6", .paper, width: 1.8, depth: 2.6, resolution: 528, dropout: 0.5, norm: tensorFlowNorm),
        Variant("efficientnet_b7", .paper, width: 2.0, depth: 3.1, resolution: 600, dropout: 0.5, norm: tensorFlowNorm),
        Variant("efficientnet_lite0", .lite, width: 1.0, depth: 1.0, resolution: 224, dropout: 0.2),
        Variant("efficientnet_lite1", .lite, width: 1.0, depth: 1.1, resolution: 240, dropout: 0.2),
        Variant("efficientnet_lite2", .lite, width: 1.1, depth: 1.2, resolution: 260, dropout: 0.3),
        Variant("efficientnet_lite3", .lite, width: 1.2, depth: 1.4, resolution: 280, dropout: 0.3),
        Variant("efficientnet_lite4", .lite, width: 1.4, depth: 1.8, resolution: 300, dropout: 0.3),
    ]

    private init(
        _ name: String, _ family: Family, width: Double, depth: Double, resolution: Int, dropout: Double,
        norm: Norm = Norm()
    ) {
        self.name = name
        self.family = family
        self.width = width
        self.depth = depth
        self.resolution = resolution
        self.dropout = dropout
        switch family {
        case .paper:
            style = LayerStyle(activation: .silu, norm: norm, padding: nil, squeezesAndExcites: true)
        case .lite:
            style = LayerStyle(
                activation: .relu6, norm: Self.tensorFlowNorm, padding: .same, squeezesAndExcites: false)
        }
    }

    /// The table, scaled.
    var rows: [Row] {
        Self.table.enumerated().map { index, row in
            var scaled = row
            scaled.channels = roundedChannels(Double(row.channels) * width)
            let isEnd = index == 0 || index == Self.table.count - 1
            if family == .paper || !isEnd { scaled.layers = Int((Double(row.layers) * depth).rounded(.up)) }
            return scaled
        }
    }

    /// The stem's channels.
    var stem: Int {
        switch family {
        case .paper: roundedChannels(32 * width)
        case .lite: 32
        }
    }

    /// The last convolution's channels: the features.
    var head: Int {
        switch family {
        case .paper: 4 * (rows.last?.channels ?? 0)
        case .lite: 1280
        }
    }

    /// The probability that training skips a block, growing linearly with its number among all blocks.
    func drop(block: Int) -> Double {
        0.2 * Double(block) / Double(rows.reduce(0) { $0 + $1.layers })
    }

    /// What the authors' training and evaluation used. TensorFlow's margin around the crop is 32 pixels.
    var preprocessing: Preprocessing {
        switch family {
        case .paper: .imageNet(resize: resolution + 32, crop: resolution, interpolation: .bicubic)
        case .lite: .symmetric(resize: resolution + 32, crop: resolution, interpolation: .bicubic)
        }
    }
}
