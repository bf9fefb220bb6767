public import Zoo

/// The part `train` of a configuration: how long, in which steps, and when to stop.
public struct TrainerSettings: Sendable, Hashable {
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

    /// Reads every key of `train`. The caller refuses the rest with `finish`.
    /// - Parameter registry: who knows losses and update rules; nil for those that come with Graft.
    /// - Throws: `GraftError` with the path of the key that is wrong.
    public init(options: inout Options, registry: Registry? = nil) throws(GraftError) {
        let registry = if let registry { registry } else { try Registry.learning() }
        epochs = try options.integer("epochs", in: 1...100_000) ?? epochs
        batchSize = try options.integer("batch_size", in: 1...1_000_000) ?? batchSize
        var optimizerOptions = try options.options("optimizer")
        optimizer = try OptimizerSettings(options: &optimizerOptions, registry: registry)
        loss = try LossSettings(options: &options, registry: registry)
        var scheduleOptions = try options.options("schedule")
        schedule = try ScheduleSettings(
            options: &scheduleOptions, epochs: epochs, learningRate: optimizer.learningRate)
        freeze = try FreezeSettings.read(&options) ?? freeze
        batchNorm = try TrainingPhase.batchNorm(&options) ?? batchNorm
        layerDecay = try options.number("layer_decay", in: 0.01...1) ?? layerDecay
        try readPhases(&options)
        if let value = options.value("gradient_clip"), value != .bool(false) {
            guard case .number(let number) = value, number > 0, number.isFinite else {
                throw options.wrong("gradient_clip", value, expected: "false, or a number above 0")
            }
            gradientClip = number
        }
        sampler = try Sampler(options: &options)
        mixing = try Mixing(options: &options)
        accumulate = try options.integer("accumulate", in: 1...10_000) ?? accumulate
        if let value = options.value("ema"), value != .bool(false) {
            guard case .number(let number) = value, number > 0, number < 1 else {
                throw options.wrong("ema", value, expected: "false, or a decay between 0 and 1, as in 0.99")
            }
            averageDecay = number
        }
        tensorBoard = try options.bool("tensorboard") ?? tensorBoard
        labelSmoothing = try options.number("label_smoothing", in: 0...0.999) ?? labelSmoothing
        classWeights = try ClassWeights(options: &options, key: "class_weights")
        if case .map(let map)? = options.value("early_stopping") {
            var stopping = Options(map, path: options.path(of: "early_stopping"))
            earlyStopping = try EarlyStopping(options: &stopping)
        } else if let value = options.value("early_stopping"), value != .bool(false) {
            throw options.wrong(
                "early_stopping", value, expected: "false, or a map with patience, minimum_delta and monitor")
        }
        noneOfThese = try Self.share(&options, "none_of_these")
        seed = UInt64(try options.integer("seed", in: 0...(1 << 53)) ?? Int(seed))
    }

    /// `5%` or `0.05`; nil for nothing and false.
    private static func share(_ options: inout Options, _ key: String) throws(GraftError) -> Double? {
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

    private mutating func readPhases(_ options: inout Options) throws(GraftError) {
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

    /// Refuses values that no configuration could give, for settings made in code.
    /// - Throws: `GraftError.invalidValue`
    func check() throws(GraftError) {
        func require(_ condition: Bool, _ key: String, _ expected: String, _ found: String) throws(GraftError) {
            guard condition else {
                throw GraftError(
                    .invalidValue, "wrong value", parameter: "train.\(key)", expected: expected, found: found)
            }
        }
        for phase in effectivePhases {
            let rate = phase.learningRate
            try require(phase.epochs >= 1, "epochs", "at least 1", "\(phase.epochs)")
            try require(rate > 0 && rate.isFinite, "optimizer.learning_rate", "a number above 0", "\(rate)")
            try require(
                phase.layerDecay > 0 && phase.layerDecay <= 1, "layer_decay", "a number above 0, at most 1",
                "\(phase.layerDecay)")
        }
        try require(batchSize >= 1, "batch_size", "at least 1", "\(batchSize)")
        try require(accumulate >= 1, "accumulate", "at least 1", "\(accumulate)")
        try require(
            averageDecay.map { $0 > 0 && $0 < 1 } ?? true, "ema", "a decay between 0 and 1", "\(averageDecay ?? 0)")
        try require(gradientClip.map { $0 > 0 } ?? true, "gradient_clip", "a number above 0", "\(gradientClip ?? 0)")
        try require(
            (0..<1).contains(labelSmoothing), "label_smoothing", "a number from 0 to below 1", "\(labelSmoothing)")
    }
}
