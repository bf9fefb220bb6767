import Zoo

/// Stops when a figure has not improved for a while, and keeps the weights of its best epoch.
///
/// A test set that chooses the epoch flatters itself a little: keep other pictures for a final figure.
public struct EarlyStopping: Sendable, Hashable {
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

    init(options: inout Options) throws(ZooError) {
        patience = try options.integer("patience", in: 1...100_000) ?? 5
        minimumDelta = try options.number("minimum_delta", in: 0...1e9) ?? 0
        monitor = try options.choice("monitor", of: Monitor.allCases.map(\.rawValue)).flatMap(Monitor.init)
        try options.finish()
    }
}

/// The course of the watched figure.
struct EarlyStoppingState {
    private let settings: EarlyStopping
    private let monitor: EarlyStopping.Monitor
    private var best: Double?
    /// The epoch with the best figure so far.
    private(set) var bestEpoch = 0

    /// - Throws: `TrainingError.invalidValue` for a test figure without test images.
    init(_ settings: EarlyStopping, hasTest: Bool) throws(TrainingError) {
        self.settings = settings
        monitor = settings.monitor ?? (hasTest ? .testLoss : .trainLoss)
        if !hasTest, monitor != .trainLoss {
            throw TrainingError(
                .invalidValue, "early stopping watches '\(monitor.rawValue)', but there are no test images",
                parameter: "train.early_stopping.monitor", remedy: "give data.test, or watch train_loss")
        }
    }

    /// - Returns: whether the epoch is the best so far, and whether to stop after it.
    mutating func record(_ epoch: EpochRecord) -> (isBest: Bool, stops: Bool) {
        let score: Double =
            switch monitor {
            case .trainLoss: -epoch.trainLoss
            case .testLoss: -(epoch.testLoss ?? 0)
            case .testAccuracy: Double(epoch.testCorrect ?? 0) / Double(max(1, epoch.testTotal ?? 0))
            }
        if let best, score <= best + settings.minimumDelta {
            return (false, epoch.epoch - bestEpoch >= settings.patience)
        }
        best = score
        bestEpoch = epoch.epoch
        return (true, false)
    }
}
