public import Objectives

/// What `train.recipe: finetune` decided, and from which figures. Made from training pictures alone.
public struct FineTuningDecision: Sendable, Hashable, Codable {
    /// One way to fine-tune, tried on a part of the training pictures.
    public struct Trial: Sendable, Hashable, Codable {
        /// What trained, in words.
        public let what: String
        /// Passes over that part.
        public let epochs: Int
        /// Held-out pictures that the head alone had right.
        public let headCorrect: Int
        /// The held-out pictures, answered by the head alone and by what was tried.
        public let counts: PairedCount
        /// By how much the cross entropy of the held-out pictures fell, each side at the temperature that suits it.
        public let lossGain: Double
        /// The standard error of that.
        public let lossGainError: Double
        /// Whether that is clearly better than the head alone: the cross entropy by more than chance, the count no less.
        public let isWon: Bool

        /// Whether it is clearly worse than the head alone, by the cross entropy or by the count.
        package var isClearlyWorse: Bool {
            -lossGain > PairedLoss.clear * lossGainError || counts.interval.upperBound < 0
        }

        package init(
            what: String, epochs: Int, headCorrect: Int, counts: PairedCount, lossGain: Double, lossGainError: Double,
            isWon: Bool
        ) {
            self.what = what
            self.epochs = epochs
            self.headCorrect = headCorrect
            self.counts = counts
            self.lossGain = lossGain
            self.lossGainError = lossGainError
            self.isWon = isWon
        }

        enum CodingKeys: String, CodingKey {
            case what = "what"
            case epochs = "epochs"
            case counts = "counts"
            case headCorrect = "head_correct"
            case isWon = "won"
            case lossGain = "loss_gain"
            case lossGainError = "loss_gain_error"
        }
    }

    /// Epochs that the head is trained for.
    public let headEpochs: Int
    /// Training pictures that heads answered right which had not seen them.
    public package(set) var headCorrect: Int
    /// Training pictures.
    public let headTotal: Int
    /// In the order of trying; none where too few mistakes were left for a difference to show.
    public package(set) var trials: [Trial] = []
    /// The way that was won, from 0; nil where the head alone is kept.
    public package(set) var chosen: Int?
    /// Whether the head alone is one that is solved for, and not trained: those were better on pictures that they had not seen.
    public let isHeadSolved: Bool
    /// Why, in words.
    public package(set) var reason = ""

    /// Whether that head is what is kept.
    package var keepsSolvedHead: Bool { isHeadSolved && chosen == nil }

    package init(headEpochs: Int, headCorrect: Int, headTotal: Int, isHeadSolved: Bool = false) {
        self.isHeadSolved = isHeadSolved
        self.headEpochs = headEpochs
        self.headCorrect = headCorrect
        self.headTotal = headTotal
    }

    enum CodingKeys: String, CodingKey {
        case headEpochs = "head_epochs"
        case headCorrect = "head_correct"
        case headTotal = "head_total"
        case trials = "trials"
        case chosen = "chosen"
        case isHeadSolved = "head_solved"
        case reason = "reason"
    }
}
