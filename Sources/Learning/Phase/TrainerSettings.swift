public import Objectives
public import Zoo

/// The part `train` of a configuration: how long, in which steps, and when to stop.
public struct TrainerSettings: SettingsTable, Sendable, Hashable {
    /// Passes over the training images.
    public var epochs = 5
    /// Images a step. The last batch of an epoch may be smaller (see `BatchPlan`).
    public var batchSize = 32
    /// What is made small; nil for what fits the targets: cross-entropy for classes, binary cross-entropy for labels, Huber's
    /// loss for values.
    public var loss: LossSettings?
    /// How gradients become steps.
    public var optimizer = OptimizerSettings()
    /// How the learning rate changes.
    public var schedule = ScheduleSettings()
    /// Probability moved from the true class to all classes evenly (arXiv:1512.00567, section 7), 0 to below 1.
    public var labelSmoothing = 0.0
    /// How much an image counts, by its class.
    public var classWeights = ClassWeights.none
    /// Nil for the full number of epochs and the last epoch's weights.
    public var earlyStopping: EarlyStopping?
    /// What stays as it is, where there are no `phases`.
    public var freeze = FreezeSettings.backbone
    /// What the backbone's batch norms do, where there are no `phases`.
    public var batchNorm = BatchNormMode.train
    /// Times the learning rate for every stage further from the head, where there are no `phases`.
    public var layerDecay = 1.0
    /// Parts of the run, one after the other; empty for one part made of the settings above.
    public var phases: [TrainingPhase] = []
    /// Nil for what the settings above say; else the phases follow from the data.
    public var recipe: TrainingRecipe?
    /// Which pictures an epoch is made of.
    public var sampler = Sampler.shuffle
    /// Whether pictures of a batch are mixed. That comes before the network: nothing of it can be computed once then.
    public var mixing = Mixing()
    /// The largest norm of all gradients together (`torch.nn.utils.clip_grad_norm_`); nil for any.
    public var gradientClip: Double?
    /// Batches that make one step.
    public var accumulate = 1
    /// Decay of the weights' running average after every step (as torchvision's references keep it, running statistics
    /// too). The average is what is tested and kept; nil for the weights themselves.
    public var averageDecay: Double?
    /// Whether the figures of every epoch are also written for TensorBoard.
    public var tensorBoard = false
    /// The share of pictures of the classes that may be called none of them, for a model that tells strangers; nil for one
    /// that does not.
    public var noneOfThese: Double?
    /// For labels: the share of the training pictures that is held out to choose by them from which probability on each counts
    /// as told; nil for one half. Nothing is held out where heads on frozen features can choose it in folds.
    public var labelThresholds: Double? = 0.2
    /// Everything random follows from it: initial weights, order, dropout.
    public var seed: UInt64 = 42

    /// The defaults of a configuration that says nothing.
    public init() {}

    /// The parts of the run, at least one.
    public var effectivePhases: [TrainingPhase] {
        phases.isEmpty ? [base] : phases
    }

    private var base: TrainingPhase {
        TrainingPhase(
            freeze: freeze, epochs: recipe == nil ? epochs : 5, learningRate: optimizer.learningRate,
            schedule: schedule, layerDecay: layerDecay, batchNorm: batchNorm)
    }

    /// Keys that also matter to a head which is made in one pass.
    package static let keysOfAnyHead: Set<String> = ["seed", "none_of_these", "label_thresholds", "tensorboard"]

    /// Keys that say nothing of the head where there is a recipe.
    package static let keysOfARecipe: Set<String> = ["recipe", "finetune", "epochs"]

    /// Whether all that steps depend on is as it comes.
    package var saysNothingOfSteps: Bool { isPlain(TrainerSettings()) }

    /// Whether a recipe may choose the head too: nothing but the recipe is said of steps.
    package var leavesHeadToRecipe: Bool {
        guard recipe != nil else { return false }
        var standard = TrainerSettings()
        standard.recipe = recipe
        standard.epochs = epochs
        return isPlain(standard)
    }

    private func isPlain(_ standard: TrainerSettings) -> Bool {
        var standard = standard
        standard.seed = seed
        standard.noneOfThese = noneOfThese
        standard.labelThresholds = labelThresholds
        standard.tensorBoard = tensorBoard
        return self == standard
    }

    /// Reads every key of `train`. The caller refuses the rest with `finish`.
    /// - Parameter registry: who knows losses and update rules; nil for those that come with Graft.
    /// - Throws: `GraftError` with the path of the key that is wrong.
    public init(options: inout Options, registry: Registry? = nil) throws(GraftError) {
        let registry = if let registry { registry } else { try Registry.learning() }
        var optimizerOptions = try options.options("optimizer")
        optimizer = try OptimizerSettings(options: &optimizerOptions, registry: registry)
        loss = try LossSettings(options: &options, registry: registry)
        try read(&options)
    }

    /// `5%` or `0.05`; nil for nothing and false.
    static func share(_ options: inout Options, _ key: String) throws(GraftError) -> Double? {
        guard let value = options.value(key), value != .bool(false) else { return nil }
        var share: Double?
        switch value {
        case .number(let number): share = number
        case .string(let text) where text.hasSuffix("%"):
            share = Double(text.dropLast().filter { $0 != " " }).map { $0 / 100 }
        default: break
        }
        guard let share, share > 0, share <= 0.5 else {
            throw options.wrong(key, value, expected: "a share above 0 % and at most 50 %, as in 5%")
        }
        return share
    }

    mutating func readPhases(_ options: inout Options) throws(GraftError) {
        recipe = try TrainingRecipe(options: &options)
        guard let list = try options.list("phases") else { return }
        guard (1...100).contains(list.count) else {
            throw options.wrong("phases", .list(list), expected: "1 to 100 phases")
        }
        for (index, item) in list.enumerated() {
            let path = "\(options.path(of: "phases"))[\(index + 1)]"
            guard case .map(let map) = item else {
                throw GraftError(
                    .invalidValue, "wrong value", parameter: path, expected: "a map of keys and values",
                    found: "\(item)")
            }
            var inner = Options(map, path: path)
            phases.append(try TrainingPhase(options: &inner, base: base))
        }
    }
}
