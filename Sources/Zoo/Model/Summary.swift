/// The table of a model's layers: what each one computes, its shapes, its parameters and its cost for one image.
public struct Summary: Sendable, Hashable {
    /// One layer, or several of them added up.
    public struct Row: Sendable, Hashable {
        /// The layer's path.
        public var name: String
        /// What it does: `conv 3x3 /2`.
        public var operation: String
        /// `[H, W, C]`, `[T, C]` or `[C]`, without the batch.
        public var input: [Int]
        /// `[H, W, C]`, `[T, C]` or `[C]`, without the batch.
        public var output: [Int]
        /// Learnt values. Running statistics are not learnt.
        public var parameters: Int
        /// Those of `parameters` that training moves.
        public var trainable: Int
        /// Multiplications of convolutions, linear layers and attention, each with its addition.
        public var multiplyAdds: Int
    }

    /// One row a layer, in the order of computation.
    public let layers: [Row]
    /// One row a stage: the places where the graph may be cut.
    public let stages: [Row]

    /// - Parameters:
    ///   - imageSize: height and width to state shapes and costs for; the graph's own for nil.
    ///   - frozen: the last stage that training leaves alone; nil where it moves everything.
    /// - Throws: `GraftError` for a size that the layers do not fit, or a stage that is not there.
    public init(_ graph: Graph, imageSize: Extent? = nil, frozenThrough frozen: String? = nil) throws(GraftError) {
        var inputShape = graph.inputShape
        if let imageSize, inputShape.count == 3 {
            inputShape = [imageSize.height, imageSize.width, inputShape[2]]
        }
        let shapes = try graph.shapes(input: inputShape)
        let firstTrained = try frozen.map { name throws(GraftError) in try graph.stage(name).node + 1 } ?? 0
        layers = graph.nodes.indices.dropFirst().map { index in
            let node = graph.nodes[index]
            let parameters = node.parameters.reduce(0) { $0 + ($1.role.isLearnt ? $1.count : 0) }
            return Row(
                name: node.name, operation: node.operation.summary,
                input: node.inputs.first.map { shapes[$0] } ?? inputShape, output: shapes[index],
                parameters: parameters, trainable: index < firstTrained ? 0 : parameters,
                multiplyAdds: node.operation.multiplyAdds(
                    output: shapes[index], keys: node.inputs.last.map { shapes[$0] } ?? []))
        }
        var start = 0
        var stages: [Row] = []
        for stage in graph.stages {
            // A row of `layers` is the node after the input, so a stage that ends at node n ends at row n - 1.
            let rows = layers[start..<max(start, stage.node)]
            start = max(start, stage.node)
            guard let first = rows.first, let last = rows.last else { continue }
            stages.append(
                Row(
                    name: stage.name, operation: rows.count == 1 ? first.operation : "\(rows.count) layers",
                    input: first.input, output: last.output, parameters: rows.reduce(0) { $0 + $1.parameters },
                    trainable: rows.reduce(0) { $0 + $1.trainable },
                    multiplyAdds: rows.reduce(0) { $0 + $1.multiplyAdds }))
        }
        self.stages = stages
    }

    /// Learnt values of all layers.
    public var parameters: Int { layers.reduce(0) { $0 + $1.parameters } }
    /// Those of them that training moves.
    public var trainable: Int { layers.reduce(0) { $0 + $1.trainable } }
    /// Multiply-adds for one image.
    public var multiplyAdds: Int { layers.reduce(0) { $0 + $1.multiplyAdds } }
}

extension Operation {
    /// A few words for a table.
    fileprivate var summary: String {
        switch self {
        case .input: return "input"
        case .convolution(let conv):
            var words = [conv.isDepthwise ? "depthwise" : "conv", "\(conv.kernel)"]
            if conv.stride != 1 { words.append("/\(conv.stride.brief)") }
            if conv.dilation != 1 { words.append("dilated \(conv.dilation.brief)") }
            if conv.groups > 1, !conv.isDepthwise { words.append("in \(conv.groups) groups") }
            return words.joined(separator: " ")
        case .batchNorm: return "batch norm"
        case .activation(let activation): return activation.rawValue
        case .pool(let pool):
            let kind =
                switch pool.kind {
                case .max: "max"
                case .average: "average"
                }
            return "\(kind) pool \(pool.kernel)" + (pool.stride == 1 ? "" : " /\(pool.stride.brief)")
        case .globalPool(.average): return "global average"
        case .globalPool(.max): return "global max"
        case .globalPool(.generalizedMean(let power)): return "global mean of power \(OptionValue.number(power))"
        case .multiply: return "multiply"
        case .add: return "add"
        case .concatenate: return "concatenate"
        case .dropout(let probability): return "dropout \(OptionValue.number(probability))"
        case .flatten: return "flatten"
        case .linear: return "linear"
        case .layerNorm: return "layer norm"
        case .layerScale(let scale): return scale.isShared ? "learnt affine" : "layer scale"
        case .tokens(let embedding, _):
            let count = embedding.count
            return "tokens" + (count > 0 ? " after \(count)" : "") + (embedding.positions == nil ? "" : ", positions")
        case .attention(let attention):
            return "attention in \(attention.heads) heads"
                + (attention.windows.map { " and windows of \($0.size)" + ($0.shift == 0 ? "" : ", shifted") } ?? "")
        case .slice(let slice):
            let end = slice.count.map { "\(slice.start + $0)" } ?? ""
            return "\(slice.axis) \(slice.start)..<\(end)"
        case .responseNorm: return "response norm"
        case .gridPool(let grid): return "average to \(grid)"
        case .spaceToDepth(let squares): return "space to depth \(squares.side)"
        case .pad(let margin): return "pad \(margin)"
        case .channelShuffle(let groups): return "shuffle \(groups)"
        case .normalize: return "normalize"
        case .neighbours(let votes): return "votes of \(votes.count) neighbours"
        }
    }

    /// - Parameter keys: the last operand's shape, of which attention reads keys.
    fileprivate func multiplyAdds(output: [Int], keys: [Int]) -> Int {
        switch self {
        case .convolution(let conv):
            output.reduce(1, *) * (conv.inputs / conv.groups) * conv.kernel.height * conv.kernel.width
        case .linear(let linear): output.reduce(1, *) * linear.inputs
        case .attention(let attention):
            2 * output.reduce(1, *)
                * (attention.windows.map { $0.size.height * $0.size.width }
                    ?? keys.dropLast().reduce(1, *))
        case .input, .batchNorm, .activation, .pool, .globalPool, .multiply, .add, .concatenate, .dropout, .flatten,
            .layerNorm, .layerScale, .tokens, .slice, .responseNorm, .spaceToDepth, .pad, .gridPool, .channelShuffle,
            .normalize, .neighbours:
            0
        }
    }
}

extension Extent {
    /// `2` for a square.
    fileprivate var brief: String { height == width ? "\(height)" : "\(self)" }
}
