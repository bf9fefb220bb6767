/// Convolution over `[N, H, W, C]`; the input's channels come from what stands before it.
public struct Conv: Layer {
    private let outputs: Int
    private let kernel: Extent
    private let stride: Extent
    private let padding: Padding
    private let dilation: Extent
    private let groups: Int
    private let bias: Bool

    /// - Parameter padding: nil for `dilation * (kernel - 1) / 2` on every side, which keeps the size at stride 1.
    public init(
        _ outputs: Int, kernel: Extent, stride: Extent = 1, padding: Padding? = nil, dilation: Extent = 1,
        groups: Int = 1, bias: Bool = false
    ) {
        self.outputs = outputs
        self.kernel = kernel
        self.stride = stride
        self.padding =
            padding
            ?? .symmetric(
                Extent(
                    height: dilation.height * (kernel.height - 1) / 2, width: dilation.width * (kernel.width - 1) / 2))
        self.dilation = dilation
        self.groups = groups
        self.bias = bias
    }

    /// Appends the node and returns its output.
    public func build(_ input: Value, in graph: inout GraphBuilder) throws(GraftError) -> Value {
        try graph.append(
            .convolution(
                Convolution(
                    inputs: input.channels, outputs: outputs, kernel: kernel, stride: stride, padding: padding,
                    dilation: dilation, groups: groups, bias: bias)), input)
    }
}

/// Batch normalisation of every channel.
public struct Norm: Layer {
    private let epsilon: Double
    private let momentum: Double

    /// - Parameter momentum: the weight of a new batch in the running statistics.
    public init(epsilon: Double = 1e-5, momentum: Double = 0.1) {
        self.epsilon = epsilon
        self.momentum = momentum
    }

    /// Appends the node and returns its output.
    public func build(_ input: Value, in graph: inout GraphBuilder) throws(GraftError) -> Value {
        try graph.append(
            .batchNorm(BatchNorm(channels: input.channels, epsilon: epsilon, momentum: momentum)), input)
    }
}

extension Activation: Layer {
    /// Appends the node and returns its output.
    public func build(_ input: Value, in graph: inout GraphBuilder) throws(GraftError) -> Value {
        try graph.append(.activation(self), input)
    }
}

extension Pool: Layer {
    /// The largest value of each window; the stride is the kernel unless given.
    public static func max(_ kernel: Extent, stride: Extent? = nil, padding: Extent = 0) -> Pool {
        Pool(.max, kernel: kernel, stride: stride ?? kernel, padding: .symmetric(padding))
    }

    /// The mean of each window; the stride is the kernel unless given.
    public static func average(
        _ kernel: Extent, stride: Extent? = nil, padding: Extent = 0, countsPadding: Bool = true
    ) -> Pool {
        Pool(
            .average(countsPadding: countsPadding), kernel: kernel, stride: stride ?? kernel,
            padding: .symmetric(padding))
    }

    /// Appends the node and returns its output.
    public func build(_ input: Value, in graph: inout GraphBuilder) throws(GraftError) -> Value {
        try graph.append(.pool(self), input)
    }
}

/// The mean of each cell of a grid, whatever the image's size: `[N, H, W, C]` to `[N, h, w, C]`.
public struct GridPool: Layer {
    private let grid: Extent

    /// - Parameter grid: rows and columns that are left.
    public init(_ grid: Extent) { self.grid = grid }

    /// Appends the node and returns its output.
    public func build(_ input: Value, in graph: inout GraphBuilder) throws(GraftError) -> Value {
        try graph.append(.gridPool(grid), input)
    }
}

extension GlobalPool: Layer {
    /// Appends the node and returns its output.
    public func build(_ input: Value, in graph: inout GraphBuilder) throws(GraftError) -> Value {
        try graph.append(.globalPool(self), input)
    }
}

/// Zeroes values at random in training.
public struct Dropout: Layer {
    private let probability: Double

    /// - Parameter probability: of a value to be zeroed, from 0 to below 1.
    public init(_ probability: Double) { self.probability = probability }

    /// Appends the node and returns its output.
    public func build(_ input: Value, in graph: inout GraphBuilder) throws(GraftError) -> Value {
        try graph.append(.dropout(probability), input)
    }
}

/// `[N, H, W, C]` to `[N, C * H * W]`.
public struct Flatten: Layer {
    /// A flattening of everything but the batch.
    public init() {}

    /// Appends the node and returns its output.
    public func build(_ input: Value, in graph: inout GraphBuilder) throws(GraftError) -> Value {
        try graph.append(.flatten, input)
    }
}

/// Scales every position's channels to a Euclidean length of 1: a linear layer without bias after it answers cosines.
public struct Normalize: Layer {
    /// A normalisation of whatever stands before it.
    public init() {}

    /// Appends one node.
    public func build(_ input: Value, in graph: inout GraphBuilder) throws(GraftError) -> Value {
        try graph.append(.normalize, input)
    }
}

extension NeighbourVotes: Layer {
    /// Appends the node and returns its output.
    public func build(_ input: Value, in graph: inout GraphBuilder) throws(GraftError) -> Value {
        try graph.append(.neighbours(self), input)
    }
}

/// A fully connected layer at every position; the input's features come from what stands before it.
public struct Dense: Layer {
    private let outputs: Int
    private let bias: Bool
    private let hasUnitRows: Bool
    private let parameterPrefix: String

    /// - Parameters:
    ///   - outputs: the number of features that it answers.
    ///   - hasUnitRows: see `Linear`; without a bias then.
    ///   - parameterPrefix: `in_proj_` for tensors that are called `in_proj_weight` and `in_proj_bias`.
    public init(_ outputs: Int, bias: Bool = true, hasUnitRows: Bool = false, parameterPrefix: String = "") {
        self.outputs = outputs
        self.bias = bias
        self.hasUnitRows = hasUnitRows
        self.parameterPrefix = parameterPrefix
    }

    /// Appends the node and returns its output.
    public func build(_ input: Value, in graph: inout GraphBuilder) throws(GraftError) -> Value {
        try graph.append(
            .linear(Linear(inputs: input.channels, outputs: outputs, bias: bias, hasUnitRows: hasUnitRows)), input,
            parameterPrefix: parameterPrefix)
    }
}
