package import Zoo

/// What a run is going to do, told before it does: what stays, what moves, and how long an epoch takes.
public struct TrainingOutline: Sendable, Hashable {
    /// One phase of it.
    public struct Phase: Sendable, Hashable {
        /// Counted from 1.
        public let number: Int
        /// Passes over the training pictures, at most.
        public let epochs: Int
        /// What the schedule starts from.
        public let learningRate: Double
        /// Stages of which nothing trains.
        public let frozen: [String]
        /// Stages of which something trains, the head last.
        public let trained: [String]
        /// Values that gradient descent leaves alone.
        public let frozenParameters: Int
        /// Values that it moves.
        public let trainedParameters: Int
        /// Batch norms that use each batch's statistics and follow them.
        public let trainedBatchNorms: Int
        /// Batch norms that stay as they are, statistics included.
        public let frozenBatchNorms: Int
        /// The stage whose output the trained part reads; nil for the pictures themselves.
        public let cut: String?
        /// Whether that is computed once for each picture, and not again in every epoch.
        public let isComputedOnce: Bool
        /// Measured on two batches; nil where nothing could be measured.
        public package(set) var secondsPerEpoch: Double?
    }

    /// The parts of the run in order.
    public package(set) var phases: [Phase]

    package init(phases: [Phase]) { self.phases = phases }
}

extension TrainingOutline.Phase {
    /// - Parameters:
    ///   - graph: the whole model's.
    ///   - frozen: the names of tensors that stay.
    package init(
        number: Int, _ phase: TrainingPhase, of graph: Graph, frozen: Set<String>, cut: String?, isComputedOnce: Bool
    ) {
        let parts = ModelParts(graph).parts
        let learnt = graph.parameters.filter(\.role.isLearnt)
        let moving = learnt.filter { !frozen.contains($0.name) }
        let names = Set(moving.map(\.name))
        let norms = graph.nodes.filter(\.operation.hasState)
        func trains(_ parameters: [Parameter]) -> Bool { parameters.contains { names.contains($0.name) } }
        self.number = number
        epochs = phase.epochs
        learningRate = phase.learningRate
        self.frozen = parts.filter { !trains($0.parameters) }.map(\.title)
        trained = parts.filter { trains($0.parameters) }.map(\.title)
        trainedParameters = moving.reduce(0) { $0 + $1.count }
        frozenParameters = learnt.reduce(0) { $0 + $1.count } - trainedParameters
        trainedBatchNorms = norms.count { trains($0.parameters) }
        frozenBatchNorms = norms.count - trainedBatchNorms
        self.cut = cut
        self.isComputedOnce = isComputedOnce
    }

    /// What stays, what moves: one line.
    public var summary: String {
        let all =
            frozen.isEmpty ? (frozenParameters > 0 ? "something of every stage" : "everything") : Self.list(trained)
        let rest = frozenParameters > 0 ? "; \(NumberText.grouped(frozenParameters)) stay" : ""
        return
            "\(all) \(trained.count == 1 || frozen.isEmpty ? "trains" : "train"): \(NumberText.grouped(trainedParameters)) "
            + "parameters\(rest)"
    }

    /// What batch norms do: one line.
    public var batchNormSummary: String {
        switch (trainedBatchNorms, frozenBatchNorms) {
        case (0, 0): "none"
        case (0, _): "frozen, statistics too"
        case (_, 0): "training"
        case (let trained, let frozen): "\(trained) training, \(frozen) frozen, statistics too"
        }
    }

    /// What the trained part reads, and when it is made: one line.
    public var inputSummary: String {
        let what = cut.map { "features after '\($0)'" } ?? "the pictures"
        return "\(what), \(isComputedOnce ? "computed once" : "made anew in every epoch")"
    }

    /// `features.7 to head`: stages follow each other.
    private static func list(_ names: [String]) -> String {
        names.count > 3 ? "\(names[0]) to \(names[names.count - 1])" : names.joined(separator: ", ")
    }
}
