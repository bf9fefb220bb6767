public import Zoo

/// Stops when a figure has not improved for a while, and keeps the weights of its best epoch.
///
/// A test set that chooses the epoch flatters itself a little: keep other pictures for a final figure.
public struct EarlyStopping: SettingsTable, Sendable, Hashable {
    /// The figure that is watched.
    public enum Monitor: String, Sendable, Hashable, CaseIterable {
        case testLoss = "test_loss"
        case testAccuracy = "test_accuracy"
        case trainLoss = "train_loss"
    }

    /// Epochs in a row without improvement before training stops.
    public var patience: Int
    /// What counts as an improvement: more than this (a loss, or an accuracy from 0 to 1).
    public var minimumDelta: Double
    /// Nil for the test loss, or the training loss where there are no test images.
    public var monitor: Monitor?

    /// Nil for the monitor watches what there is.
    public init(patience: Int = 5, minimumDelta: Double = 0, monitor: Monitor? = nil) {
        self.patience = patience
        self.minimumDelta = minimumDelta
        self.monitor = monitor
    }

    /// The defaults.
    package init() { self.init(patience: 5) }

    init(options: inout Options) throws(GraftError) {
        self.init()
        try read(&options)
        try options.finish()
    }

    package static let keys: [SettingKey<EarlyStopping>] = [
        .integer("patience", \.patience, in: 1...100_000, "epochs in a row without improvement"),
        .number("minimum_delta", \.minimumDelta, in: 0...1e9, "what counts as an improvement: more than this"),
        .choice(
            "monitor", \.monitor, standard: "`test_loss` (`train_loss` without test pictures)",
            "`test_loss`, `test_accuracy` or `train_loss`"),
    ]
}

/// The course of the watched figure over a run, phase by phase.
package struct EarlyStoppingState: Sendable {
    private let settings: EarlyStopping
    private let monitor: EarlyStopping.Monitor
    /// What is remembered between epochs.
    package private(set) var memory = Memory()

    package struct Memory: Sendable, Hashable, Codable {
        /// The best figure so far.
        package var best: Double?
        /// Its epoch.
        package var bestEpoch = 0
        /// The last epoch that was better than all before it, or the one before the phase began.
        package var lastProgress = 0

        private enum CodingKeys: String, CodingKey {
            case best = "best"
            case bestEpoch = "bestEpoch"
            case lastProgress = "lastProgress"
        }
    }

    /// - Throws: `GraftError.invalidValue` for a test figure without test images.
    package init(
        _ settings: EarlyStopping, hasTest: Bool, task: ModelTask = .classification
    ) throws(GraftError) {
        self.settings = settings
        monitor = settings.monitor ?? (hasTest ? .testLoss : .trainLoss)
        if monitor == .testAccuracy, task == .regression {
            throw GraftError(
                .invalidValue, "early stopping watches an accuracy, and numbers have none",
                parameter: "train.early_stopping.monitor", remedy: "watch test_loss")
        }
        if !hasTest, monitor != .trainLoss {
            throw GraftError(
                .invalidValue, "early stopping watches '\(monitor.rawValue)', but there are no test images",
                parameter: "train.early_stopping.monitor", remedy: "give data.test, or watch train_loss")
        }
    }

    /// Goes on from what a checkpoint remembers.
    package mutating func restore(_ memory: Memory) { self.memory = memory }

    /// A new phase has as much patience as the one before; what is best is best of all phases.
    package mutating func beginPhase(after epoch: Int) { memory.lastProgress = epoch }

    /// - Returns: whether the epoch is the best so far, and whether to stop the phase after it.
    package mutating func record(_ epoch: EpochRecord) -> (isBest: Bool, stops: Bool) {
        let score: Double =
            switch monitor {
            case .trainLoss: -epoch.trainLoss
            case .testLoss: -(epoch.testLoss ?? 0)
            case .testAccuracy: Double(epoch.testCorrect ?? 0) / Double(max(1, epoch.testTotal ?? 0))
            }
        if let best = memory.best, score <= best + settings.minimumDelta {
            return (false, epoch.epoch - memory.lastProgress >= settings.patience)
        }
        memory = Memory(best: score, bestEpoch: epoch.epoch, lastProgress: epoch.epoch)
        return (true, false)
    }
}
