/// Layer normalisation of every position's channels, of images as of sequences.
public struct LayerNorm: Layer {
    private let epsilon: Double

    /// What is added to the variance where nothing else is said: the original models' and timm's.
    public static let epsilon = 1e-6

    /// - Parameter epsilon: added to the variance.
    public init(epsilon: Double = LayerNorm.epsilon) { self.epsilon = epsilon }

    /// Appends the node and returns its output.
    public func build(_ input: Value, in graph: inout GraphBuilder) throws(GraftError) -> Value {
        try graph.append(.layerNorm(LayerNormalization(channels: input.channels, epsilon: epsilon)), input)
    }
}

/// Every channel times a learnt factor. The tensor is `parameter` under the layer's path: `.named("")` keeps the path of
/// what stands around it.
public struct LayerScale: Layer {
    private let parameter: String
    private let trailing: Int

    /// - Parameter trailing: extents of 1 after the channels in the tensor's shape (torchvision's ConvNeXt has 2).
    public init(_ parameter: String = "gamma", trailing: Int = 0) {
        self.parameter = parameter
        self.trailing = trailing
    }

    /// Appends the node and returns its output.
    public func build(_ input: Value, in graph: inout GraphBuilder) throws(GraftError) -> Value {
        try graph.append(
            .layerScale(ChannelScale(channels: input.channels, parameter: parameter, trailing: trailing)), input)
    }
}

/// All channels times one learnt number, `scale`, plus another, `bias`.
public struct LearntAffine: Layer {
    /// Two numbers, 1 and 0 where nothing pretrained is there.
    public init() {}

    /// Appends the node and returns its output.
    public func build(_ input: Value, in graph: inout GraphBuilder) throws(GraftError) -> Value {
        try graph.append(
            .layerScale(ChannelScale(channels: input.channels, parameter: "scale", isShared: true, shift: "bias")),
            input)
    }
}

extension TokenEmbedding: Layer {
    /// Appends the node and returns its output.
    public func build(_ input: Value, in graph: inout GraphBuilder) throws(GraftError) -> Value {
        try graph.append(.tokens(self, channels: input.channels), input)
    }
}

extension Attention: Layer {
    /// Appends the node, which reads queries, keys and values of one operand, and returns its output.
    public func build(_ input: Value, in graph: inout GraphBuilder) throws(GraftError) -> Value {
        try graph.append(.attention(self), input)
    }
}

extension Slice: Layer {
    /// Appends the node and returns its output.
    public func build(_ input: Value, in graph: inout GraphBuilder) throws(GraftError) -> Value {
        try graph.append(.slice(self), input)
    }
}

/// Global response normalisation of an image's channels.
public struct ResponseNorm: Layer {
    private let epsilon: Double

    /// - Parameter epsilon: added to the mean of the norms.
    public init(epsilon: Double = 1e-6) { self.epsilon = epsilon }

    /// Appends the node and returns its output.
    public func build(_ input: Value, in graph: inout GraphBuilder) throws(GraftError) -> Value {
        try graph.append(.responseNorm(ResponseNormalization(channels: input.channels, epsilon: epsilon)), input)
    }
}

extension SpaceToDepth: Layer {
    /// Appends the node and returns its output.
    public func build(_ input: Value, in graph: inout GraphBuilder) throws(GraftError) -> Value {
        try graph.append(.spaceToDepth(self), input)
    }
}

/// Zeros below and to the right of an image.
public struct Pad: Layer {
    private let margin: Extent

    /// - Parameter margin: rows and columns of zeros.
    public init(_ margin: Extent) { self.margin = margin }

    /// Appends the node and returns its output.
    public func build(_ input: Value, in graph: inout GraphBuilder) throws(GraftError) -> Value {
        try graph.append(.pad(margin), input)
    }
}

/// The channels of several groups in turn.
public struct ChannelShuffle: Layer {
    private let groups: Int

    /// - Parameter groups: must divide the channels.
    public init(groups: Int) { self.groups = groups }

    /// Appends the node and returns its output.
    public func build(_ input: Value, in graph: inout GraphBuilder) throws(GraftError) -> Value {
        try graph.append(.channelShuffle(groups: groups), input)
    }
}
