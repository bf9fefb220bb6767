import Engine
import Exchange
package import Images
package import Inference
package import Learning
package import RunConfiguration
package import Zoo

/// The model of a run, and how each phase divides it.
package struct ModelPlan: Sendable {
    let model: Model
    let task: ModelTask
    let base: BaseWeights
    let preprocessing: Preprocessing
    /// How layers compute that are not trained.
    let frozenLayers: FrozenLayers
    package let graph: Graph
    let parts: ModelParts
    /// A recipe that decides by the data adds to them.
    package internal(set) var phases: [Phase]

    /// A phase's part of the graph.
    package struct Phase: Sendable {
        /// From 1.
        let number: Int
        let settings: TrainingPhase
        /// What it has in common with other phases: the steps, the loss.
        let training: TrainerSettings
        /// What is done to its training pictures at random.
        let augmentation: Augmentation
        /// Tensors that stay.
        let frozen: Set<String>
        /// The stage after which the trained part begins; nil for the image.
        let cut: String?
        /// The part that only answers; nil where the cut is the image.
        let prefix: Graph?
        package let suffix: Graph
    }

    package init(
        model: Model, task: ModelTask, base: BaseWeights, preprocessing: Preprocessing, settings: TrainerSettings,
        augmentation: Augmentation = Augmentation(), precision: FrozenPrecision = .float32
    ) throws(GraftError) {
        frozenLayers = try FrozenLayers(precision, weights: base)
        self.model = model
        self.task = task
        self.base = base
        self.preprocessing = preprocessing
        let graph = try model.graph(imageSize: Extent(preprocessing.crop))
        parts = ModelParts(graph)
        phases = try Self.phases(of: graph, settings, augmentation: augmentation)
        try frozenLayers.check(phases)
        self.graph = graph
    }

    /// The phases of a model, before weights are known. Of a recipe's, those that are known before its data: the head.
    static func phases(
        of graph: Graph, _ settings: TrainerSettings, augmentation: Augmentation = Augmentation()
    ) throws(GraftError) -> [Phase] {
        let parts = ModelParts(graph)
        var (training, augmentation) = (settings, augmentation)
        if settings.recipe != nil {
            // A head learns from features that are computed once.
            training.mixing = Mixing()
            augmentation = Augmentation()
        }
        var phases: [Phase] = []
        for (index, phase) in settings.effectivePhases.enumerated() {
            phases.append(
                try Phase(
                    number: index + 1, phase, training: training, augmentation: augmentation, of: graph, parts: parts))
        }
        return phases
    }

    /// Every tensor of the model: the base's where training has not changed it.
    package func weights(changed: StateDict, seed: UInt64) -> StateDict {
        Initializer(seed: seed).fill(graph, from: base.tensors.overlaid(by: changed))
    }

    /// What the head depends on.
    func headContext(threads: Int?) throws(GraftError) -> HeadContext {
        var context = model.headContext
        context.threads = try ThreadPool.count(threads)
        return context
    }

    /// Whether the backbone stays as it is in every phase.
    var isHeadOnly: Bool { phases.allSatisfy { $0.cut == Model.pooledStage } }

    /// A phase's trainer before its first step.
    /// - Parameters:
    ///   - changed: tensors that earlier phases have changed.
    ///   - ranks: who shares the work on the backbone's layers. A head alone is a matter of milliseconds: each trains it.
    func trainer(
        of phase: Phase, changed: StateDict = StateDict(), classes: [String], threads: Int?, ranks: (any Ranks)? = nil
    ) throws(GraftError) -> PhaseTrainer {
        let settings = phase.training
        return try PhaseTrainer(
            phase.suffix, weights: weights(changed: changed, seed: settings.seed), frozen: phase.frozen,
            depths: parts.depths, classes: classes, task: task, settings: settings, phase: phase.settings,
            number: phases.count > 1 ? phase.number : nil, threads: threads,
            ranks: phase.cut == Model.pooledStage ? nil : ranks)
    }
}

extension ModelPlan.Phase {
    /// - Parameter graph: the whole model's.
    init(
        number: Int, _ settings: TrainingPhase, training: TrainerSettings, augmentation: Augmentation, of graph: Graph,
        parts: ModelParts
    ) throws(GraftError) {
        let frozen = try parts.frozen(settings.freeze, batchNorm: settings.batchNorm)
        let cut = parts.cut(frozen: frozen)
        let sides = try cut.map { (name) throws(GraftError) in try graph.cut(after: name) }
        self.init(
            number: number, settings: settings, training: training, augmentation: augmentation, frozen: frozen,
            cut: cut,
            prefix: sides?.prefix, suffix: sides?.suffix ?? graph)
    }

    /// The same part of the graph, trained for another number of epochs.
    func lasting(_ epochs: Int) -> ModelPlan.Phase {
        var settings = settings
        settings.epochs = epochs
        return ModelPlan.Phase(
            number: number, settings: settings, training: training, augmentation: augmentation, frozen: frozen,
            cut: cut,
            prefix: prefix, suffix: suffix)
    }
}
