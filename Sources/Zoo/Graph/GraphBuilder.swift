/// A node's output while a graph is being built.
public struct Value: Sendable, Hashable {
    package let node: Int
    /// `[H, W, C]`, `[T, C]` or `[C]`, without the batch.
    public let shape: [Int]

    /// The number of channels (features).
    public var channels: Int { shape.last ?? 0 }
}

/// Collects nodes while layers describe themselves. It keeps the path prefix of the layer being described.
public struct GraphBuilder: Sendable {
    private let inputShape: [Int]
    private var nodes: [Graph.Node]
    private var stages: [Graph.Stage] = []
    private var path: [String] = []
    private var parameterNames: Set<String> = []

    /// - Parameter inputShape: `[H, W, C]`, `[T, C]` or `[C]`, without the batch.
    public init(inputShape: [Int]) {
        self.inputShape = inputShape
        nodes = [Graph.Node(name: "input", operation: .input, inputs: [], parameters: [])]
    }

    /// The graph's input.
    public var input: Value { Value(node: 0, shape: inputShape) }

    /// The path of the layer being described.
    public var currentPath: String { path.filter { !$0.isEmpty }.joined(separator: ".") }

    /// Describes something under a longer path; the same one for an empty component.
    public mutating func within<R>(
        _ component: String, _ body: (inout GraphBuilder) throws(GraftError) -> R
    ) throws(GraftError) -> R {
        path.append(component)
        defer { path.removeLast() }
        return try body(&self)
    }

    /// Marks `value` as the end of a stage: a place where the graph may be cut.
    public mutating func endStage(_ name: String, at value: Value) {
        stages.append(Graph.Stage(name: name, node: value.node))
    }

    /// Appends a node under the current path.
    /// - Parameter parameterPrefix: what the names of its tensors begin with, for those that PyTorch calls
    ///   `in_proj_weight`.
    /// - Throws: `GraftError` if the operation does not fit its inputs or a parameter's name is taken.
    public mutating func append(
        _ operation: Operation, _ inputs: Value..., parameterPrefix: String = ""
    ) throws(GraftError) -> Value {
        try append(operation, inputs: inputs, parameterPrefix: parameterPrefix)
    }

    package mutating func append(
        _ operation: Operation, inputs: [Value], parameterPrefix: String = ""
    ) throws(GraftError) -> Value {
        let name = currentPath
        let shape = try operation.outputShape(of: inputs.map(\.shape), at: name)
        let parameters = operation.parameters(
            prefix: (name.isEmpty ? "" : name + ".") + parameterPrefix, channels: shape.last ?? 0)
        for parameter in parameters where !parameterNames.insert(parameter.name).inserted {
            throw GraftError(
                .invalidGraph, "two layers have the same name", parameter: parameter.name,
                remedy: "give one of them another with .named(…)")
        }
        nodes.append(
            Graph.Node(name: name, operation: operation, inputs: inputs.map(\.node), parameters: parameters))
        return Value(node: nodes.count - 1, shape: shape)
    }

    /// The finished graph, with `output` as its last node.
    /// - Throws: `GraftError.invalidGraph` if layers follow the output, or two stages have one name.
    public func graph(output: Value) throws(GraftError) -> Graph {
        guard output.node == nodes.count - 1 else {
            throw GraftError(
                .invalidGraph, "the output is not the last layer", parameter: nodes[nodes.count - 1].name,
                remedy: "remove the layers that nothing reads")
        }
        var ends = stages
        if ends.last?.node != output.node { ends.append(Graph.Stage(name: "output", node: output.node)) }
        var seen: Set<String> = []
        for stage in ends where !seen.insert(stage.name).inserted {
            throw GraftError(.invalidGraph, "two stages have the same name", parameter: stage.name)
        }
        return Graph(inputShape: inputShape, nodes: nodes, stages: ends)
    }
}

extension Operation {
    /// The tensors of a node that makes so many channels, whose names begin with `prefix`.
    fileprivate func parameters(prefix: String, channels: Int) -> [Parameter] {
        func parameter(_ name: String, _ shape: [Int], _ role: Parameter.Role) -> Parameter {
            Parameter(name: prefix + name, shape: shape, role: role)
        }
        switch self {
        case .convolution(let conv):
            let shape = [conv.outputs, conv.inputs / conv.groups, conv.kernel.height, conv.kernel.width]
            return [parameter("weight", shape, .weight)]
                + (conv.bias ? [parameter("bias", [conv.outputs], .bias)] : [])
        case .batchNorm(let norm):
            return [
                parameter("weight", [norm.channels], .weight), parameter("bias", [norm.channels], .bias),
                parameter("running_mean", [norm.channels], .runningMean),
                parameter("running_var", [norm.channels], .runningVariance),
            ]
        case .linear(let linear):
            return [parameter("weight", [linear.outputs, linear.inputs], .weight)]
                + (linear.bias ? [parameter("bias", [linear.outputs], .bias)] : [])
                + (linear.hasUnitRows ? [parameter("scale", [1], .bias)] : [])
        case .layerNorm(let norm):
            return [parameter("weight", [norm.channels], .weight), parameter("bias", [norm.channels], .bias)]
        case .responseNorm(let norm):
            return [parameter("weight", [norm.channels], .weight), parameter("bias", [norm.channels], .bias)]
        case .layerScale(let scale):
            let extents = [scale.isShared ? 1 : scale.channels] + [Int](repeating: 1, count: scale.trailing)
            return [parameter(scale.parameter, extents, .weight)]
                + (scale.shift.map { [parameter($0, extents, .bias)] } ?? [])
        case .attention(let attention):
            guard let windows = attention.windows else { return [] }
            return [
                parameter(windows.table, [windows.distances, attention.heads], .weight),
                parameter(windows.bias, [3 * channels], .bias),
            ]
        case .tokens(let embedding, let channels):
            return embedding.tokens.map { parameter($0.name, [1, $0.count, channels], .weight) }
                + (embedding.positions.map { positions in
                    let count = embedding.positioned + positions.grid.height * positions.grid.width
                    return [parameter(positions.name, [1, count, channels], .weight)]
                } ?? [])
        case .input, .activation, .pool, .globalPool, .multiply, .add, .concatenate, .dropout, .flatten, .slice,
            .spaceToDepth, .pad, .gridPool, .channelShuffle, .normalize:
            return []
        case .neighbours(let votes):
            return [parameter("labels", [votes.pictures], .fixed), parameter("scale", [1], .fixed)]
        }
    }
}
