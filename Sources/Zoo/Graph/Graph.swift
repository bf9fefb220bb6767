/// A model's layers as a flat list in the order of computation: node 0 is the input, every node reads earlier ones, the
/// last one is the output.
public struct Graph: Sendable, Hashable {
    /// One step of the computation.
    public struct Node: Sendable, Hashable {
        /// The path of the layer that made it (`features.1.0.block.0.0`), for messages and as its parameters' prefix.
        public let name: String
        /// What it computes.
        public let operation: Operation
        /// The nodes it reads.
        public let inputs: [Int]
        /// Its tensors, named and ordered as in torchvision's state dict.
        public let parameters: [Parameter]
    }

    /// A named place where the graph may be cut.
    public struct Stage: Sendable, Hashable {
        /// Its name, unique in the graph.
        public let name: String
        /// The node whose output is the stage's.
        public let node: Int
    }

    /// The shape of one input without the batch: `[H, W, C]`, `[T, C]` for a suffix that starts at tokens, or
    /// `[C]` for one that starts at pooled features.
    public let inputShape: [Int]
    /// The steps; node 0 is the input.
    public let nodes: [Node]
    /// The cuts, in order; the last one is the output.
    public let stages: [Stage]

    package init(inputShape: [Int], nodes: [Node], stages: [Stage]) {
        self.inputShape = inputShape
        self.nodes = nodes
        self.stages = stages
    }

    /// Every tensor that the graph reads, in the order of torchvision's state dict (without `num_batches_tracked`).
    public var parameters: [Parameter] { nodes.flatMap(\.parameters) }

    /// The number of learnt values: running statistics do not count, as in torchinfo.
    public var parameterCount: Int {
        parameters.reduce(0) { $0 + ($1.role.isLearnt ? $1.count : 0) }
    }
}

/// A tensor that a node reads.
public struct Parameter: Sendable, Hashable {
    /// What the tensor is to its node.
    public enum Role: Sendable, Hashable {
        case weight, bias, runningMean, runningVariance
        /// Numbers that are no sum of steps, as those of classes.
        case fixed

        /// Whether gradient descent moves it.
        public var isLearnt: Bool {
            switch self {
            case .weight, .bias: true
            case .runningMean, .runningVariance, .fixed: false
            }
        }
    }

    /// Its name, unique in the graph.
    public let name: String
    /// PyTorch's layout.
    public let shape: [Int]
    /// What it is to its node.
    public let role: Role

    /// The number of values.
    public var count: Int { shape.reduce(1, *) }
}
