/// Layer normalisation's attributes; its weight and bias are `[channels]`.
public struct LayerNormalization: Sendable, Hashable {
    /// How many channels a position has.
    public var channels: Int
    /// Added to the variance.
    public var epsilon: Double

    /// The attributes; see the properties.
    public init(channels: Int, epsilon: Double) {
        self.channels = channels
        self.epsilon = epsilon
    }
}

/// Global response normalisation's attributes; its weight and bias are `[channels]`.
public struct ResponseNormalization: Sendable, Hashable {
    /// How many channels a position has.
    public var channels: Int
    /// Added to the mean of the norms.
    public var epsilon: Double

    /// The attributes; see the properties.
    public init(channels: Int, epsilon: Double) {
        self.channels = channels
        self.epsilon = epsilon
    }
}

/// A factor a channel, or one for all of them.
public struct ChannelScale: Sendable, Hashable {
    /// How many channels a position has.
    public var channels: Int
    /// The tensor's name under the layer's path.
    public var parameter: String
    /// Extents of 1 that follow the channels in the tensor's shape.
    public var trailing: Int
    /// Whether all channels have the same factor (and shift), a tensor `[1]`.
    public var isShared: Bool
    /// The name of a tensor that is added then; nil for none.
    public var shift: String?

    /// The attributes; see the properties.
    public init(
        channels: Int, parameter: String, trailing: Int = 0, isShared: Bool = false, shift: String? = nil
    ) {
        self.channels = channels
        self.parameter = parameter
        self.trailing = trailing
        self.isShared = isShared
        self.shift = shift
    }

    /// A tensor's value for each channel.
    package func byChannel<Number>(_ values: [Number]) -> [Number] {
        isShared ? (0..<channels).map { _ in values[0] } : values
    }
}

/// How squares of positions come side by side in the channels.
public struct SpaceToDepth: Sendable, Hashable {
    /// What a square's values are sorted by.
    public enum Order: Sendable, Hashable {
        /// Channel, then row, then column (PyTorch's `pixel_unshuffle`).
        case channels
        /// Column, then row, then channel (the patch merging of arXiv:2103.14030).
        case positions
    }

    /// Of a square.
    public var side: Int
    /// What a square's values are sorted by.
    public var order: Order
    /// Whether zeros complete the squares below and to the right; the side must divide height and width otherwise.
    public var roundsUp: Bool

    /// The attributes; see the properties.
    public init(_ side: Int, order: Order = .channels, roundsUp: Bool = false) {
        self.side = side
        self.order = order
        self.roundsUp = roundsUp
    }

    /// Where output channel `index` of `count` input channels comes from.
    package func place(_ index: Int, channels count: Int) -> (row: Int, column: Int, channel: Int) {
        switch order {
        case .channels: (index % (side * side) / side, index % side, index / (side * side))
        case .positions: (index / count % side, index / (count * side), index % count)
        }
    }
}

/// How a sequence begins and what is added to it.
public struct TokenEmbedding: Sendable, Hashable {
    /// Learnt tokens, `[1, count, C]`.
    public struct Token: Sendable, Hashable {
        /// The tensor's name under the layer's path.
        public var name: String
        /// How many.
        public var count: Int
        /// Whether the table of positions has a row for each.
        public var hasPosition: Bool

        /// The attributes; see the properties.
        public init(_ name: String, count: Int = 1, hasPosition: Bool = true) {
            self.name = name
            self.count = count
            self.hasPosition = hasPosition
        }
    }

    /// A learnt table, `[1, tokens that have a position + height * width, C]`.
    public struct Positions: Sendable, Hashable {
        /// The tensor's name under the layer's path.
        public var name: String
        /// The image's size, in positions, that the table was made for.
        public var grid: Extent
        /// How it is made to fit another one.
        public var resampling: PositionResampling

        /// The attributes; see the properties.
        public init(_ name: String, grid: Extent, resampling: PositionResampling = .bicubic(antialias: true)) {
            self.name = name
            self.grid = grid
            self.resampling = resampling
        }
    }

    /// Before the image's positions, in this order.
    public var tokens: [Token]
    /// nil for none.
    public var positions: Positions?

    /// The attributes; see the properties.
    public init(tokens: [Token] = [], positions: Positions? = nil) {
        self.tokens = tokens
        self.positions = positions
    }

    /// How many learnt tokens stand before the image's positions.
    public var count: Int { tokens.reduce(0) { $0 + $1.count } }
    /// Rows of the table that belong to tokens.
    var positioned: Int { tokens.reduce(0) { $0 + ($1.hasPosition ? $1.count : 0) } }
}

/// Attention's attributes.
public struct Attention: Sendable, Hashable {
    /// Squares of an image within which positions attend to one another (arXiv:2103.14030).
    ///
    /// The image is completed to whole windows by positions whose queries, keys and values are `bias` alone. A shifted image
    /// begins `shift` rows and columns later, and what was cut off follows at its end; positions that were not neighbours
    /// have 100 taken off their scores. Along an axis that one window covers there is no shift.
    public struct Windows: Sendable, Hashable {
        /// Rows and columns of a window.
        public var size: Extent
        /// Rows and columns that windows are moved by.
        public var shift: Extent
        /// The name of the tensor `[(2h - 1)(2w - 1), heads]` that is added to scores, by how far query and key are apart.
        public var table: String
        /// The name of the tensor `[3C]` that is added to queries, keys and values.
        public var bias: String

        /// The attributes; see the properties.
        public init(
            _ size: Extent, shift: Extent = 0, table: String = "relative_position_bias_table", bias: String = "qkv.bias"
        ) {
            self.size = size
            self.shift = shift
            self.table = table
            self.bias = bias
        }

        /// Rows of the table.
        package var distances: Int { (2 * size.height - 1) * (2 * size.width - 1) }
    }

    /// Parts of the channels that attend apart from one another.
    public var heads: Int
    /// Nil where all positions attend to all.
    public var windows: Windows?

    /// - Parameter heads: must divide the channels.
    public init(heads: Int, windows: Windows? = nil) {
        self.heads = heads
        self.windows = windows
    }

    /// What the scores of positions of different parts of a shifted image lose.
    package static let strangersLoss = 100.0
}

/// A part of a value.
public struct Slice: Sendable, Hashable {
    /// What is counted.
    public enum Axis: Sendable, Hashable {
        case channels
        /// Of a sequence.
        case positions
    }

    /// What is counted.
    public var axis: Axis
    /// The first that is taken.
    public var start: Int
    /// How many are taken; nil for all that follow.
    public var count: Int?

    /// The attributes; see the properties.
    public init(_ axis: Axis, from start: Int, count: Int? = nil) {
        self.axis = axis
        self.start = start
        self.count = count
    }

    /// What is taken of `extent`, or nil where it is not there.
    package func range(in extent: Int) -> Range<Int>? {
        let count = count ?? extent - start
        guard start >= 0, count > 0, start <= extent - count else { return nil }
        return start..<start + count
    }
}
