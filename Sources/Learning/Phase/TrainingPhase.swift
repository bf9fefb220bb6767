public import Zoo

/// What the backbone's batch norms do while their stage trains.
public enum BatchNormMode: String, Sendable, Hashable, CaseIterable {
    /// Normalise with each batch's statistics, learn, and follow the statistics.
    case train
    /// Stay as they are, as Keras's guide to fine-tuning has it: few pictures give poor statistics.
    case frozen
}

/// A part of a training run: what trains, how long, and how fast.
public struct TrainingPhase: SettingsTable, Sendable, Hashable {
    /// What stays as it is.
    public var freeze: FreezeSettings
    /// Passes over the training pictures.
    public var epochs: Int
    /// What the schedule starts from.
    public var learningRate: Double
    /// How the learning rate changes, counted from the phase's beginning.
    public var schedule: ScheduleSettings
    /// Times the learning rate for every stage further from the head (arXiv:1801.06146, section 3.2).
    public var layerDecay: Double
    /// What the backbone's batch norms do.
    public var batchNorm: BatchNormMode

    /// A phase that says everything.
    public init(
        freeze: FreezeSettings = .backbone, epochs: Int = 5, learningRate: Double = 0.001,
        schedule: ScheduleSettings = ScheduleSettings(), layerDecay: Double = 1, batchNorm: BatchNormMode = .train
    ) {
        self.freeze = freeze
        self.epochs = epochs
        self.learningRate = learningRate
        self.schedule = schedule
        self.layerDecay = layerDecay
        self.batchNorm = batchNorm
    }

    /// The defaults of a configuration that says nothing.
    package init() { self.init(freeze: .backbone) }

    /// Reads a phase; what is not said is `base`'s.
    /// - Throws: `GraftError` with the path of the key that is wrong.
    init(options: inout Options, base: TrainingPhase) throws(GraftError) {
        self = base
        try read(&options)
        try options.finish()
    }

    package static let keys: [SettingKey<TrainingPhase>] = [
        SettingKey("freeze", standard: "that of `train`", "what stays as it is") {
            (options, phase) throws(GraftError) in
            phase.freeze = try FreezeSettings.read(&options) ?? phase.freeze
        },
        .integer("epochs", \.epochs, in: 1...100_000, "passes over the training pictures"),
        .positive("learning_rate", \.learningRate, upTo: 1000, "what the schedule starts from"),
        SettingKey("schedule", standard: "that of `train`", "counted from the phase's beginning") {
            (options, phase) throws(GraftError) in
            guard options.values["schedule"] != nil else { return }
            var inner = try options.options("schedule")
            phase.schedule = try ScheduleSettings(
                options: &inner, epochs: phase.epochs, learningRate: phase.learningRate)
        },
        .number(
            "layer_decay", \.layerDecay, in: 0.01...1, "times the rate for every stage further from the head"),
        .choice("batch_norm", \.batchNorm, "`train` or `frozen`"),
    ]
}
