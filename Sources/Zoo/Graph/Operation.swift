/// What one node of a graph computes. Readers switch over it without `default`, so that a new case shows every reader
/// that has to handle it.
public enum Operation: Sendable, Hashable {
    /// The graph's input.
    case input
    /// Two-dimensional convolution, `[N, H, W, C]` to `[N, H', W', out]`; one of 1x1 also takes `[N, C]` to `[N, out]`.
    case convolution(Convolution)
    /// Batch normalisation over the channels.
    case batchNorm(BatchNorm)
    /// An elementwise function.
    case activation(Activation)
    /// Pooling over a sliding window.
    case pool(Pool)
    /// The mean of each cell of a grid over the image, `[N, H, W, C]` to `[N, h, w, C]`. Cells overlap where the grid does
    /// not divide the image (PyTorch's `AdaptiveAvgPool2d`).
    case gridPool(Extent)
    /// Pooling over all positions, `[N, H, W, C]` to `[N, 1, 1, C]`.
    case globalPool(GlobalPool)
    /// Elementwise product; the second operand may be `[N, 1, 1, C]` (squeeze-excite).
    case multiply
    /// Elementwise sum. In training, the first operand is dropped for a whole image with this probability and scaled by
    /// `1 / (1 - p)` otherwise (stochastic depth, arXiv:1603.09382, torchvision's mode "row").
    case add(dropFirst: Double)
    /// Joined along the channels.
    case concatenate
    /// In training, each value is zeroed with this probability and scaled by `1 / (1 - p)` otherwise.
    case dropout(Double)
    /// `[N, H, W, C]` to `[N, C * H * W]`, in PyTorch's order (channel, row, column).
    case flatten
    /// Fully connected at every position, `[N, ..., in]` to `[N, ..., out]`; with unit rows `[N, in]` to `[N, out]`.
    case linear(Linear)
    /// `(x - mean) / sqrt(variance + epsilon) * weight + bias` over the channels of every position (arXiv:1607.06450).
    case layerNorm(LayerNormalization)
    /// Every channel times a learnt factor (arXiv:2103.17239), or all by one, with a shift or without.
    case layerScale(ChannelScale)
    /// An image's positions in their order as a sequence, with learnt tokens before them and learnt positions added,
    /// `[N, H, W, C]` to `[N, tokens + H * W, C]`.
    case tokens(TokenEmbedding, channels: Int)
    /// Scaled dot-product attention with several heads (arXiv:1706.03762). One operand `[N, T, 3C]` holds queries, keys and
    /// values one after the other and becomes `[N, T, C]`; three operands are the queries `[N, T, C]`, keys and values. The
    /// positions may be those of images, `[N, H, W, C]`; within windows they must be, of one operand.
    case attention(Attention)
    /// Some of the channels, or some positions of a sequence.
    case slice(Slice)
    /// `x + weight * x * norm / mean(norm) + bias` with the Euclidean norm of each channel over all positions and its mean
    /// over the channels (arXiv:2301.00808).
    case responseNorm(ResponseNormalization)
    /// Squares of positions side by side in the channels, `[N, H, W, C]` to `[N, H / n, W / n, C * n * n]`.
    case spaceToDepth(SpaceToDepth)
    /// Zeros below and to the right of an image, `[N, H, W, C]` to `[N, H + h, W + w, C]`.
    case pad(Extent)
    /// The channels of `n` groups in turn (arXiv:1707.01083).
    case channelShuffle(groups: Int)
    /// Every position's channels divided by their Euclidean norm, at least 1e-12 (PyTorch's `F.normalize`).
    case normalize
    /// What the most alike of some known pictures vote for, `[N, pictures]` likenesses to `[N, classes]`.
    case neighbours(NeighbourVotes)
}

extension Operation {
    /// The rows (columns) of a cell of `gridPool`: from `floor(cell * size / cells)` to `ceil((cell + 1) * size / cells)`.
    package static func range(ofCell cell: Int, of cells: Int, in size: Int) -> Range<Int> {
        cell * size / cells..<((cell + 1) * size + cells - 1) / cells
    }

    /// The least norm that `normalize` divides by.
    package static let leastNorm = 1e-12
}

/// A convolution's attributes; its weight is `[out, in / groups, kh, kw]`.
public struct Convolution: Sendable, Hashable {
    /// Channels or features that come in.
    public var inputs: Int
    /// Channels or features that go out.
    public var outputs: Int
    /// The window's height and width.
    public var kernel: Extent
    /// The step between windows.
    public var stride: Extent
    /// What surrounds the image.
    public var padding: Padding
    /// The step between a window's taps.
    public var dilation: Extent
    /// How many parts of the channels are convolved apart from one another.
    public var groups: Int
    /// Whether a value a channel is added.
    public var bias: Bool

    /// The attributes; see the properties.
    public init(
        inputs: Int, outputs: Int, kernel: Extent, stride: Extent = 1, padding: Padding = .symmetric(0),
        dilation: Extent = 1, groups: Int = 1, bias: Bool = false
    ) {
        self.inputs = inputs
        self.outputs = outputs
        self.kernel = kernel
        self.stride = stride
        self.padding = padding
        self.dilation = dilation
        self.groups = groups
        self.bias = bias
    }

    /// One filter per channel.
    public var isDepthwise: Bool { groups > 1 && groups == inputs && groups == outputs }
}

/// Height and width of a window, stride or margin.
public struct Extent: Sendable, Hashable, ExpressibleByIntegerLiteral {
    /// Rows.
    public var height: Int
    /// Columns.
    public var width: Int

    /// A height and a width.
    public init(height: Int, width: Int) {
        self.height = height
        self.width = width
    }

    /// A square.
    public init(_ side: Int) { self.init(height: side, width: side) }

    /// A square.
    public init(integerLiteral side: Int) { self.init(side) }
}

extension Extent: CustomStringConvertible {
    /// `3x5`, height first.
    public var description: String { "\(height)x\(width)" }
}

/// What surrounds an image before a window slides over it.
public enum Padding: Sendable, Hashable {
    /// The same margin on opposite sides, whatever the input's size (PyTorch).
    case symmetric(Extent)
    /// The same margin on opposite sides, and below and to the right as much more as the last window needs that begins
    /// before that margin's end: the number of outputs is rounded up (PyTorch's `ceil_mode`).
    case roundingUp(Extent)
    /// Just enough for `ceil(input / stride)` outputs; an odd margin has its larger part below and to the right
    /// (TensorFlow's "SAME").
    case same

    /// The margin before the first row or column and the number of outputs along one axis, or nil where the window does
    /// not fit: `floor((input + before + after - dilation * (kernel - 1) - 1) / stride) + 1`, or rounded up.
    package func resolve(
        input: Int, kernel: Int, stride: Int, dilation: Int, margin: KeyPath<Extent, Int>
    ) -> (before: Int, outputs: Int)? {
        let window = dilation * (kernel - 1) + 1
        switch self {
        case .symmetric(let extent):
            let before = extent[keyPath: margin]
            let room = input + 2 * before - window
            return input > 0 && room >= 0 ? (before, room / stride + 1) : nil
        case .roundingUp(let extent):
            let before = extent[keyPath: margin]
            let room = input + 2 * before - window + stride - 1
            guard input > 0, room >= 0 else { return nil }
            // A window must not begin in the margin at the end.
            let last = room / stride
            return (before, last * stride >= input + before ? last : last + 1)
        case .same:
            guard input > 0 else { return nil }
            let outputs = (input + stride - 1) / stride
            let total = max(0, (outputs - 1) * stride + window - input)
            return (total / 2, outputs)
        }
    }
}

/// Batch normalisation: `(x - mean) / sqrt(variance + epsilon) * weight + bias` per channel.
public struct BatchNorm: Sendable, Hashable {
    /// How many channels are normalised, each on its own.
    public var channels: Int
    /// Added to the variance.
    public var epsilon: Double
    /// The weight of a new batch in the running statistics (PyTorch's sense).
    public var momentum: Double

    /// The attributes; see the properties.
    public init(channels: Int, epsilon: Double = 1e-5, momentum: Double = 0.1) {
        self.channels = channels
        self.epsilon = epsilon
        self.momentum = momentum
    }
}

/// Pooling over a sliding window.
public struct Pool: Sendable, Hashable {
    /// What a window becomes.
    public enum Kind: Sendable, Hashable {
        case max
        /// The mean; the margin's zeros count among the values if `countsPadding` (PyTorch's default).
        case average(countsPadding: Bool)
    }

    /// What a window becomes.
    public var kind: Kind
    /// The window's height and width.
    public var kernel: Extent
    /// The step between windows.
    public var stride: Extent
    /// What surrounds the image.
    public var padding: Padding

    /// The attributes; see the properties.
    public init(_ kind: Kind, kernel: Extent, stride: Extent, padding: Padding = .symmetric(0)) {
        self.kind = kind
        self.kernel = kernel
        self.stride = stride
        self.padding = padding
    }
}

/// Pooling over all positions of a channel.
public enum GlobalPool: Sendable, Hashable {
    case average
    case max
    /// Generalised mean, `mean(max(x, 1e-6)^p)^(1/p)` (arXiv:1711.02512).
    case generalizedMean(power: Double)
}

/// A fully connected layer; its weight is `[out, in]`.
public struct Linear: Sendable, Hashable {
    /// Channels or features that come in.
    public var inputs: Int
    /// Channels or features that go out.
    public var outputs: Int
    /// Whether a value a channel is added.
    public var bias: Bool
    /// Whether each row of the weight is divided by its Euclidean norm, at least 1e-12, and all are multiplied by one learnt
    /// factor, the parameter `scale` `[1]`: of inputs of length 1 the outputs are cosines times that factor.
    public var hasUnitRows: Bool

    /// The attributes; see the properties. Unit rows have no bias.
    public init(inputs: Int, outputs: Int, bias: Bool = true, hasUnitRows: Bool = false) {
        self.inputs = inputs
        self.outputs = outputs
        self.bias = bias && !hasUnitRows
        self.hasUnitRows = hasUnitRows
    }
}

/// The votes of nearest neighbours, `exp(likeness / temperature)` each; its parameters are `labels`, `[pictures]`: the
/// number of each picture's class, below 0 for no picture, and `scale`, `[1]`. A class' output is the logarithm of its share
/// of the votes (DINOv2's evaluation, arXiv:2304.07193) times the scale: with 1, a softmax gives the shares.
public struct NeighbourVotes: Sendable, Hashable {
    /// How many pictures are known.
    public var pictures: Int
    /// The number of classes.
    public var outputs: Int
    /// How many of the pictures vote: the most alike, of equals the first.
    public var count: Int
    /// The larger, the less it matters how alike a neighbour is.
    public var temperature: Double

    /// The share of a class that nobody votes for.
    package static let leastShare = 1e-6

    /// The attributes; see the properties.
    public init(pictures: Int, outputs: Int, count: Int, temperature: Double) {
        self.pictures = pictures
        self.outputs = outputs
        self.count = count
        self.temperature = temperature
    }
}
