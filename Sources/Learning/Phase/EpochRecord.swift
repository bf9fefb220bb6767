/// What one epoch did: a line of `metrics.jsonl`. Counts are of images, so that accuracy is divided once.
public struct EpochRecord: Sendable, Hashable, Codable {
    /// 1 for the first, counted through all phases.
    public var epoch: Int
    /// The phase, 1 for the first; nil outside a run.
    public var phase: Int?
    /// Mean loss over the training images, each with the weights of its moment and dropout on (as PyTorch loops print it).
    public var trainLoss: Double
    /// Training images answered right in the same pass; nil where answers are numbers, of which none is right or wrong.
    public var trainCorrect: Int?
    /// Training images.
    public var trainTotal: Int
    /// Mean loss over the test images after the epoch; nil where there are none.
    public var testLoss: Double?
    /// Test images answered right.
    public var testCorrect: Int?
    /// Test images.
    public var testTotal: Int?
    /// The rate of the epoch's last step.
    public var learningRate: Double
    /// Wall time of the epoch.
    public var seconds: Double

    /// A record of one epoch.
    public init(
        epoch: Int, phase: Int? = nil, trainLoss: Double, trainCorrect: Int?, trainTotal: Int, testLoss: Double? = nil,
        testCorrect: Int? = nil, testTotal: Int? = nil, learningRate: Double, seconds: Double
    ) {
        self.epoch = epoch
        self.phase = phase
        self.trainLoss = trainLoss
        self.trainCorrect = trainCorrect
        self.trainTotal = trainTotal
        self.testLoss = testLoss
        self.testCorrect = testCorrect
        self.testTotal = testTotal
        self.learningRate = learningRate
        self.seconds = seconds
    }

    enum CodingKeys: String, CodingKey {
        case epoch = "epoch"
        case phase = "phase"
        case trainLoss = "train_loss"
        case trainCorrect = "train_correct"
        case trainTotal = "train_total"
        case testLoss = "test_loss"
        case testCorrect = "test_correct"
        case testTotal = "test_total"
        case learningRate = "learning_rate"
        case seconds = "seconds"
    }
}
