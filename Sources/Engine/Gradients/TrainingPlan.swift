import Synchronization
package import Zoo

/// A graph being trained: its numbers, the forward pass that keeps what the backward pass needs, and the gradients.
///
/// A layer trains if one of its parameters does. A batch norm whose parameters are all frozen is frozen in its statistics
/// too: it normalises with the running ones and leaves them alone. Nothing is computed for gradients that nobody asked
/// for. Every sum has an order that depends on the shapes alone, so that the same calls give the same bits, whatever the
/// number of threads.
///
/// Copies have parameters of their own but share the memory of a pass: a backward pass must follow its own forward pass.
package struct TrainingPlan: Sendable {
    /// The layers.
    package let graph: Graph
    /// Every tensor of the graph, in its order.
    package let parameters: [Parameter]
    /// Whether gradient descent moves the parameter of that index.
    package let isTrained: [Bool]
    /// Whether `backward` goes on to the graph's input.
    package let wantsInputGradient: Bool

    /// The tensors' values, in the order of `parameters`.
    package var values: [[Float]] {
        didSet { evaluation.change() }
    }
    /// `d loss / d parameter` of the last `backward`, empty for parameters that are not trained.
    package internal(set) var gradients: [[Float]]
    /// The first layer that the last forward pass found something other than numbers in, as batch norms notice it.
    package private(set) var firstNonFiniteLayer: String?

    private let facts: TrainingFacts
    private let session: TrainingSession
    private var evaluation = EvaluationPlan()
    private var pass = 0
    private let ranks: (any Ranks)?
    private let threads: Int

    /// - Parameters:
    ///   - graph: usually what `Graph.cut(after:)` leaves to train.
    ///   - weights: every tensor of the graph; others are ignored.
    ///   - seed: what dropout and stochastic depth follow from.
    ///   - threads: nil for `GRAFT_THREADS`, or else the number of processors.
    ///   - ranks: processes that share every batch with this one, each with a plan like this; nil for none.
    ///   - trains: which of the learnt parameters move; all of them by default.
    /// - Throws: `GraftError.weights` for a tensor that is missing, `shapeMismatch`, `tooLarge`, `threads`.
    package init(
        _ graph: Graph, weights: StateDict, seed: UInt64 = 0, wantsInputGradient: Bool = false, threads: Int? = nil,
        ranks: (any Ranks)? = nil, trains: (Parameter) -> Bool = { _ in true }
    ) throws(GraftError) {
        try self.init(
            graph, weights: weights, seed: seed, wantsInputGradient: wantsInputGradient, threads: threads,
            ranks: ranks, kernels: .chosen(), trains: trains)
    }

    /// - Parameter parametersAtOnce: how many parameters are enough for a stretch of layers whose gradients are added up together, and
    ///   for weights to be packed together.
    package init(
        _ graph: Graph, weights: StateDict, seed: UInt64 = 0, wantsInputGradient: Bool = false, threads: Int?,
        ranks: (any Ranks)? = nil, kernels: KernelSet, parametersAtOnce: Int = 1 << 20,
        trains: (Parameter) -> Bool = { _ in true }
    ) throws(GraftError) {
        self.graph = graph
        self.wantsInputGradient = wantsInputGradient
        self.ranks = ranks
        let shapes: [[Int]]
        do { shapes = try graph.shapes(input: graph.inputShape) } catch { throw GraftError(.shapeMismatch, error) }
        guard shapes.allSatisfy({ Tensor.count(of: $0).map { $0 <= Self.largestValue } ?? false }) else {
            throw GraftError(
                .tooLarge, "the image is too large for this model", found: Tensor.describe(graph.inputShape),
                remedy: "use a smaller image size")
        }
        let parameters = graph.parameters
        self.parameters = parameters
        let isTrained = parameters.map { $0.role.isLearnt && trains($0) }
        self.isTrained = isTrained
        values = try Self.values(of: parameters, in: weights)
        gradients = parameters.map { _ in [] }

        var first: [Int] = []
        var needs: [Bool] = []
        var count = 0
        for node in graph.nodes {
            first.append(count)
            let trainsHere = isTrained[count..<count + node.parameters.count].contains(true)
            needs.append(
                trainsHere || wantsInputGradient && node.inputs.isEmpty || node.inputs.contains { needs[$0] })
            count += node.parameters.count
        }
        facts = TrainingFacts(
            shapes: shapes, firstParameter: first, needsGradient: needs, isTrained: isTrained, seed: seed)
        self.threads = try ThreadPool.count(threads)
        session = TrainingSession(
            graph, facts, kernels, threads: self.threads, ranks: ranks, parametersAtOnce: parametersAtOnce)
    }

    /// Far above any image: products of extents stay far below what an Int holds.
    private static let largestValue = 1 << 31

    private static func values(
        of parameters: [Parameter], in weights: StateDict
    ) throws(GraftError) -> [[Float]] {
        var values: [[Float]] = []
        for parameter in parameters {
            guard let tensor = weights[parameter.name] else {
                throw GraftError(.weights, "the weights lack a tensor of the model", parameter: parameter.name)
            }
            guard tensor.shape == parameter.shape else {
                throw GraftError(
                    .shapeMismatch, "a weight does not fit the model", parameter: parameter.name,
                    expected: Tensor.describe(parameter.shape), found: Tensor.describe(tensor.shape))
            }
            values.append(tensor.elements)
        }
        return values
    }

    /// The shape of one image's answer.
    package var outputShape: [Int] { facts.shapes.last ?? [] }

    /// The weights as they are now, in the graph's order.
    package var weights: StateDict {
        var result = StateDict()
        for (parameter, values) in zip(parameters, values) {
            result[parameter.name] = Self.tensor(parameter.shape, values)
        }
        return result
    }

    /// `d loss / d parameter` of the last `backward`, by name.
    package var gradientDict: StateDict {
        var result = StateDict()
        for (index, parameter) in parameters.enumerated() where isTrained[index] && !gradients[index].isEmpty {
            result[parameter.name] = Self.tensor(parameter.shape, gradients[index])
        }
        return result
    }

    /// Whether other ranks share every batch.
    package var isShared: Bool { ranks != nil }

    /// Whether `forward` reads all images of a batch; else only those of this rank's share (`RankShares`).
    package var readsWholeBatch: Bool { ranks == nil || session.readsWholeBatch }

    /// Bytes that a step on `batch` images takes beside the parameters.
    package func memory(batch: Int) -> Int { session.memory(for: batch) }

    /// One pass in training mode: batch statistics, dropout, stochastic depth. Updates the running statistics and keeps
    /// what `backward` needs.
    /// - Parameters:
    ///   - input: `[N]` and the graph's input shape.
    ///   - epoch: makes the random numbers of each epoch different.
    ///   - samples: the index of each of the N images in its data set, 0 to N - 1 for nil. A picture's dropout depends on
    ///     the plan's seed, the epoch and this number, not on the batch it stands in.
    /// - Returns: `[N, ...]`
    /// - Throws: `GraftError.shapeMismatch`; `invalidValue` where a batch norm would have one value a channel; `tooLarge`
    ///   for a batch that memory does not hold.
    package mutating func forward(
        _ input: Tensor, epoch: Int = 0, samples: [Int]? = nil
    ) throws(GraftError) -> Tensor {
        let batch = try batchSize(of: input)
        let occasion = Occasion(epoch: epoch, samples: samples ?? Array(0..<batch))
        guard occasion.samples.count == batch else {
            throw GraftError(
                .shapeMismatch, "every image needs a number", expected: "\(batch) numbers",
                found: "\(occasion.samples.count)")
        }
        if let index = graph.nodes.indices.first(where: { usesBatchStatistics($0) && batch * positions($0) < 2 }) {
            throw GraftError(
                .invalidValue, "batch norm cannot be trained on one value a channel",
                parameter: graph.nodes[index].name, expected: "a batch of at least 2", found: "\(batch)",
                remedy: "use a larger train.batch_size")
        }
        let (output, statistics) = try session.forward(input.elements, values: values, occasion: occasion)
        pass = session.pass
        firstNonFiniteLayer = session.firstNonFinite(statistics)
        for (node, found) in statistics { move(batchNorm(before: node), towards: found) }
        return Self.tensor([batch] + outputShape, output)
    }

    /// The gradients of every trained parameter (`gradientDict`), for the last `forward`.
    /// - Parameter outputGradient: `d loss / d output`, in the output's shape.
    /// - Returns: `d loss / d input` if the plan wants it.
    /// - Throws: `GraftError.invalidValue` where no forward pass came before; `shapeMismatch`.
    @discardableResult
    package mutating func backward(_ outputGradient: Tensor) throws(GraftError) -> Tensor? {
        guard pass != 0, pass == session.pass else {
            throw GraftError(.invalidValue, "a backward pass needs a forward pass in training mode before it")
        }
        pass = 0
        let batch = session.batch
        let expected = [batch] + outputShape
        guard outputGradient.shape == expected else {
            throw GraftError(
                .shapeMismatch, "the gradient does not fit the output", expected: Tensor.describe(expected),
                found: Tensor.describe(outputGradient.shape))
        }
        return session.backward(outputGradient.elements, values: values, into: &gradients)
            .map { Self.tensor([batch] + graph.inputShape, $0) }
    }

    /// One pass in evaluation mode: running statistics, nothing random. An image's answer does not depend on the others.
    /// - Parameter input: `[N]` and the graph's input shape.
    /// - Returns: `[N, ...]`
    /// - Throws: `GraftError.shapeMismatch`
    package func evaluate(_ input: Tensor) throws(GraftError) -> Tensor {
        let count = try batchSize(of: input)
        guard let ranks else { return try evaluation.run(input, graph: graph, threads: threads) { weights } }
        let answers = try ranks.answers(to: input, width: outputShape.reduce(1, *)) { part throws(GraftError) in
            try evaluation.run(part, graph: graph, threads: threads) { weights }
        }
        return Self.tensor([count] + outputShape, answers)
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

    /// Whether training a batch of one picture makes no sense.
    package var needsSeveralSamples: Bool {
        graph.nodes.indices.contains { usesBatchStatistics($0) && positions($0) == 1 }
    }

    /// Whether batch statistics are used (and updated) by that node in training.
    private func usesBatchStatistics(_ index: Int) -> Bool {
        guard case .batchNorm = graph.nodes[index].operation else { return false }
        return isTrained[facts.firstParameter[index]] || isTrained[facts.firstParameter[index] + 1]
    }

    private func positions(_ index: Int) -> Int { facts.shapes[index].dropLast().reduce(1, *) }

    /// The batch norm whose step makes a node's value.
    private func batchNorm(before node: Int) -> Int {
        graph.nodes[node].operation.hasState ? node : graph.nodes[node].inputs[0]
    }

    private mutating func move(_ node: Int, towards found: ChannelStatistics) {
        guard let norm = graph.nodes[node].operation.batchNorm else { return }
        let first = facts.firstParameter[node]
        values[first + 2] = found.runningMean(after: values[first + 2], momentum: norm.momentum)
        values[first + 3] = found.runningVariance(after: values[first + 3], momentum: norm.momentum)
    }

    private func batchSize(of input: Tensor) throws(GraftError) -> Int {
        guard input.shape.count == graph.inputShape.count + 1, Array(input.shape.dropFirst()) == graph.inputShape,
            input.shape[0] > 0
        else {
            throw GraftError(
                .shapeMismatch, "the input does not fit the model",
                expected: "Nx\(Tensor.describe(graph.inputShape))", found: Tensor.describe(input.shape))
        }
        return input.shape[0]
    }

    /// A tensor of values that are known to fit.
    private static func tensor(_ shape: [Int], _ values: [Float]) -> Tensor {
        var tensor = Tensor(shape: shape)
        tensor.withElements { $0 = values }
        return tensor
    }
}

/// The plan that evaluates the weights as they are, made when it is needed.
private struct EvaluationPlan: Sendable {
    private final class Made: Sendable {
        let plan = Mutex<InferencePlan?>(nil)
    }

    private var made = Made()

    /// Forgets the plan: the weights are about to be others.
    mutating func change() { made = Made() }

    func run(
        _ input: Tensor, graph: Graph, threads: Int, _ weights: () -> StateDict
    ) throws(GraftError) -> Tensor {
        let plan: InferencePlan
        if let known = made.plan.withLock({ $0 }) {
            plan = known
        } else {
            let new = try InferencePlan(graph, weights: weights(), threads: threads)
            made.plan.withLock { $0 = new }
            plan = new
        }
        return try plan.run(input)
    }
}
