public import Zoo

/// A graph being trained: its numbers, the forward pass that keeps what the backward pass needs, and the gradients.
///
/// A layer trains if one of its parameters does. A batch norm whose parameters are all frozen is frozen in its statistics
/// too: it normalises with the running ones and leaves them alone. Nothing is computed for gradients that nobody asked
/// for. One thread; every sum has a fixed order, so that the same calls give the same bits.
public struct TrainingPlan: Sendable {
    /// The layers.
    public let graph: Graph
    /// Every tensor of the graph, in its order.
    public let parameters: [Parameter]
    /// Whether gradient descent moves the parameter of that index.
    public let isTrained: [Bool]

    /// The tensors' values, in the order of `parameters`.
    package var values: [[Float]]
    /// `d loss / d parameter` of the last `backward`, empty for parameters that are not trained.
    package internal(set) var gradients: [[Float]]

    let shapes: [[Int]]
    let seed: UInt64
    /// The index in `parameters` of each node's first tensor.
    let firstParameter: [Int]
    /// Whether a trained parameter is in a node or before it.
    let needsGradient: [Bool]
    var tape: Tape?

    /// - Parameters:
    ///   - graph: usually what `Graph.cut(after:)` leaves to train.
    ///   - weights: every tensor of the graph; others are ignored.
    ///   - seed: what dropout and stochastic depth follow from.
    ///   - trains: which of the learnt parameters move; all of them by default.
    /// - Throws: `EngineError.unsupported` for a layer that cannot be trained through, `weights` for a tensor
    ///   that is missing, `shapeMismatch`.
    public init(
        _ graph: Graph, weights: StateDict, seed: UInt64 = 0, trains: (Parameter) -> Bool = { _ in true }
    ) throws(EngineError) {
        self.graph = graph
        self.seed = seed
        do {
            shapes = try graph.shapes(input: graph.inputShape)
        } catch {
            throw EngineError(error)
        }
        parameters = graph.parameters
        isTrained = parameters.map { $0.role.isLearnt && trains($0) }
        values = []
        for parameter in parameters {
            guard let tensor = weights[parameter.name] else {
                throw EngineError(.weights, "the weights lack a tensor of the model", parameter: parameter.name)
            }
            guard tensor.shape == parameter.shape else {
                throw EngineError(
                    .shapeMismatch, "a weight does not fit the model", parameter: parameter.name,
                    expected: Tensor.describe(parameter.shape), found: Tensor.describe(tensor.shape))
            }
            values.append(tensor.elements)
        }
        gradients = parameters.map { _ in [] }

        var first: [Int] = []
        var needs: [Bool] = []
        var count = 0
        for node in graph.nodes {
            first.append(count)
            let trainsHere = isTrained[count..<count + node.parameters.count].contains(true)
            needs.append(trainsHere || node.inputs.contains { needs[$0] })
            try TrainingPlan.checkSupport(of: node)
            count += node.parameters.count
        }
        firstParameter = first
        needsGradient = needs
    }

    /// The shape of one image's answer.
    public var outputShape: [Int] { shapes.last ?? [] }

    /// The weights as they are now, in the graph's order.
    public var weights: StateDict {
        var result = StateDict()
        for (parameter, values) in zip(parameters, values) {
            result[parameter.name] = TrainingPlan.tensor(parameter.shape, values)
        }
        return result
    }

    /// `d loss / d parameter` of the last `backward`, by name.
    public var gradientDict: StateDict {
        var result = StateDict()
        for (index, parameter) in parameters.enumerated() where isTrained[index] && !gradients[index].isEmpty {
            result[parameter.name] = TrainingPlan.tensor(parameter.shape, gradients[index])
        }
        return result
    }

    /// Hands every trained parameter and its gradient to an optimiser, in order, to be changed in place.
    /// - Parameter body: index in `parameters`, values, gradient.
    package mutating func update(_ body: (Int, inout [Float], [Float]) -> Void) {
        for index in parameters.indices where isTrained[index] && !gradients[index].isEmpty {
            let count = values[index].count
            body(index, &values[index], gradients[index])
            precondition(values[index].count == count, "the number of values may not change")
        }
    }

    /// The first parameter or statistic that holds a value which is not finite.
    package var firstNonFiniteParameter: Parameter? {
        zip(parameters, values).first { !$0.1.allSatisfy(\.isFinite) }?.0
    }

    /// Whether batch statistics are used (and updated) by that node in training.
    func usesBatchStatistics(_ index: Int) -> Bool {
        guard case .batchNorm = graph.nodes[index].operation else { return false }
        return isTrained[firstParameter[index]] || isTrained[firstParameter[index] + 1]
    }

    /// Whether training a batch of one picture makes no sense.
    package var needsSeveralSamples: Bool {
        graph.nodes.indices.contains { usesBatchStatistics($0) && shapes[$0].dropLast().allSatisfy { $0 == 1 } }
    }

    /// A tensor of values that are known to fit.
    static func tensor(_ shape: [Int], _ values: [Float]) -> Tensor {
        var tensor = Tensor(shape: shape)
        tensor.withElements { $0 = values }
        return tensor
    }

    static func checkSupport(of node: Graph.Node) throws(EngineError) {
        switch node.operation {
        case .convolution: throw unsupported("a convolution", node)
        case .pool: throw unsupported("a pooling window", node)
        case .input, .batchNorm, .activation, .globalPool, .multiply, .add, .concatenate, .dropout, .flatten, .linear,
            .normalize:
            return
        }
    }

    static func unsupported(_ what: String, _ node: Graph.Node) -> EngineError {
        EngineError(
            .unsupported, "\(what) cannot be trained yet", parameter: node.name,
            remedy: "freeze this part of the network (train.freeze: backbone)")
    }
}

/// What a forward pass leaves for the backward pass.
struct Tape: Sendable {
    /// Images in the batch.
    var batch: Int
    var moment: Moment
    /// Every node's output.
    var outputs: [[Float]]
    /// The statistics that each batch norm used, by node.
    var statistics: [Int: ChannelStatistics]
}

/// When and on which images a pass runs: what its random numbers depend on.
struct Moment: Sendable {
    var epoch: Int
    /// The index of each image in its data set.
    var samples: [Int]
}
