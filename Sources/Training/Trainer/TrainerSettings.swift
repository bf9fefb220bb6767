public import Zoo

/// The part `train` of a configuration: how long, in which steps, and when to stop.
public struct TrainerSettings: Sendable, Hashable {
    /// Passes over the training images.
    public var epochs = 5
    /// Images a step. The last batch of an epoch may be smaller (see `BatchPlan`).
    public var batchSize = 32
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
    /// Everything random follows from it: initial weights, order, dropout.
    public var seed: UInt64 = 42

    /// The defaults of a configuration that says nothing.
    public init() {}

    /// Reads the keys `epochs`, `batch_size`, `optimizer`, `schedule`, `label_smoothing`, `class_weights`,
    /// `early_stopping` and `seed`. The caller may read more of the map, and refuses the rest with `finish`.
    /// - Throws: `ZooError` with the path of the key that is wrong.
    public init(options: inout Options) throws(ZooError) {
        epochs = try options.integer("epochs", in: 1...100_000) ?? epochs
        batchSize = try options.integer("batch_size", in: 1...1_000_000) ?? batchSize
        var optimizerOptions = try options.options("optimizer")
        optimizer = try OptimizerSettings(options: &optimizerOptions)
        var scheduleOptions = try options.options("schedule")
        schedule = try ScheduleSettings(
            options: &scheduleOptions, epochs: epochs, learningRate: optimizer.learningRate)
        labelSmoothing = try options.number("label_smoothing", in: 0...0.999) ?? labelSmoothing
        classWeights = try ClassWeights(options: &options, key: "class_weights")
        if case .map(let map)? = options.value("early_stopping") {
            var stopping = Options(map, path: options.path(of: "early_stopping"))
            earlyStopping = try EarlyStopping(options: &stopping)
        } else if let value = options.value("early_stopping"), value != .bool(false) {
            throw options.wrong("early_stopping", value, expected: "a map with patience, minimum_delta and monitor")
        }
        seed = UInt64(try options.integer("seed", in: 0...(1 << 53)) ?? Int(seed))
    }

    /// Refuses values that no configuration could give, for settings made in code.
    /// - Throws: `TrainingError.invalidValue`
    func check() throws(TrainingError) {
        func require(_ condition: Bool, _ key: String, _ expected: String, _ found: String) throws(TrainingError) {
            guard condition else {
                throw TrainingError(
                    .invalidValue, "wrong value", parameter: "train.\(key)", expected: expected, found: found)
            }
        }
        let rate = optimizer.learningRate
        try require(epochs >= 1, "epochs", "at least 1", "\(epochs)")
        try require(batchSize >= 1, "batch_size", "at least 1", "\(batchSize)")
        try require(rate > 0 && rate.isFinite, "optimizer.learning_rate", "a number above 0", "\(rate)")
        try require(
            (0..<1).contains(labelSmoothing), "label_smoothing", "a number from 0 to below 1", "\(labelSmoothing)")
    }
}
