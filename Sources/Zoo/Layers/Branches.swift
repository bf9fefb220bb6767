/// `input + layers(input)`, or `shortcut(input) + layers(input)`. The layers' parameters come before the shortcut's.
public struct Residual: Layer {
    private let layers: [any Layer]
    private let shortcut: (any Layer)?
    private let drop: Double

    /// - Parameters:
    ///   - drop: the probability that training skips `layers` for an image (stochastic depth).
    ///   - shortcut: what the input passes on its way around the layers, nil for nothing.
    public init(drop: Double = 0, shortcut: (any Layer)? = nil, @LayerBuilder _ layers: () -> [any Layer]) {
        self.drop = drop
        self.shortcut = shortcut
        self.layers = layers()
    }

    /// Appends the nodes and returns the output.
    public func build(_ input: Value, in graph: inout GraphBuilder) throws(GraftError) -> Value {
        let main = try Sequential(layers).build(input, in: &graph)
        let around = try shortcut?.build(input, in: &graph) ?? input
        return try graph.append(.add(dropFirst: drop), main, around)
    }
}

/// Several layers on the same input, joined along the channels. Branches are named by their position, as in `Sequential`.
public struct Concatenate: Layer {
    private let branches: [any Layer]

    /// - Parameter branches: layers that all read the same input.
    public init(@LayerBuilder _ branches: () -> [any Layer]) { self.branches = branches() }

    /// Appends the nodes and returns the output.
    public func build(_ input: Value, in graph: inout GraphBuilder) throws(GraftError) -> Value {
        var values: [Value] = []
        for (index, branch) in branches.enumerated() {
            values.append(try branch.build(input, position: index, in: &graph))
        }
        return try graph.append(.concatenate, inputs: values)
    }
}

/// Scales every channel by a gate computed from its mean (arXiv:1709.01507): average pool, `fc1` to `squeezed` channels,
/// `activation`, `fc2` back, `gate`. The two layers are 1x1 convolutions named as torchvision names them.
public struct SqueezeExcite: Layer {
    private let squeezed: Int
    private let activation: Activation
    private let gate: Activation

    /// - Parameter squeezed: the channels between the two layers.
    public init(squeezed: Int, activation: Activation = .relu, gate: Activation = .sigmoid) {
        self.squeezed = squeezed
        self.activation = activation
        self.gate = gate
    }

    /// Appends the nodes and returns the output.
    public func build(_ input: Value, in graph: inout GraphBuilder) throws(GraftError) -> Value {
        let scale = try Sequential {
            GlobalPool.average.named("avgpool")
            Conv(squeezed, kernel: 1, bias: true).named("fc1")
            activation.named("activation")
            Conv(input.channels, kernel: 1, bias: true).named("fc2")
            gate.named("scale_activation")
        }.build(input, in: &graph)
        return try graph.append(.multiply, input, scale)
    }
}
