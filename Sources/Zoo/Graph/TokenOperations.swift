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

/// A factor a channel.
public struct ChannelScale: Sendable, Hashable {
    /// How many channels a position has.
    public var channels: Int
    /// The tensor's name under the layer's path.
    public var parameter: String
    /// Extents of 1 that follow the channels in the tensor's shape.
    public var trailing: Int

    /// The attributes; see the properties.
    public init(channels: Int, parameter: String, trailing: Int) {
        self.channels = channels
        self.parameter = parameter
        self.trailing = trailing
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
    /// Parts of the channels that attend apart from one another.
    public var heads: Int

    /// - Parameter heads: must divide the channels.
    public init(heads: Int) { self.heads = heads }
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
