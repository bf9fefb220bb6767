import Zoo

/// What the backbone's batch norms do while their stage trains.
public enum BatchNormMode: String, Sendable, Hashable, CaseIterable {
    /// Normalise with each batch's statistics, learn, and follow the statistics.
    case train
    /// Stay as they are, as Keras's guide to fine-tuning has it: few pictures give poor statistics.
    case frozen
}

/// A part of a training run: what trains, how long, and how fast.
public struct TrainingPhase: Sendable, Hashable {
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

    /// Reads a phase; what is not said is `base`'s.
    /// - Throws: `GraftError` with the path of the key that is wrong.
    init(options: inout Options, base: TrainingPhase) throws(GraftError) {
        self = base
        freeze = try FreezeSettings.read(&options) ?? freeze
        epochs = try options.integer("epochs", in: 1...100_000) ?? epochs
        if let value = options.value("learning_rate") {
            guard let number = try options.number("learning_rate"), number > 0, number <= 1000 else {
                throw options.wrong("learning_rate", value, expected: "a number above 0, at most 1000")
            }
            learningRate = number
        }
        if options.values["schedule"] != nil {
            var inner = try options.options("schedule")
            schedule = try ScheduleSettings(options: &inner, epochs: epochs, learningRate: learningRate)
        }
        layerDecay = try options.number("layer_decay", in: 0.01...1) ?? layerDecay
        batchNorm = try Self.batchNorm(&options) ?? batchNorm
        try options.finish()
    }

    static func batchNorm(_ options: inout Options) throws(GraftError) -> BatchNormMode? {
        try options.choice("batch_norm", of: BatchNormMode.allCases.map(\.rawValue)).flatMap(BatchNormMode.init)
    }
}
