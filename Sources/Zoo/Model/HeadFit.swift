/// A head that was made in one pass.
public struct HeadFit: Sendable {
    /// Every tensor of the head.
    public var tensors: StateDict
    /// How an option was chosen that was not given; nil where nothing was.
    public var choice: OptionChoice?

    /// What was made.
    public init(_ tensors: StateDict, choice: OptionChoice? = nil) {
        self.tensors = tensors
        self.choice = choice
    }
}

/// How a head's option was chosen: by pictures that were left out.
public struct OptionChoice: Sendable, Hashable, Codable {
    /// What one value brought.
    public struct Trial: Sendable, Hashable, Codable {
        /// Of the option.
        public let value: Double
        /// The mean loss over pictures that were left out.
        public let loss: Double
        /// Of those pictures, the ones that were told right; nil where answers are not right or wrong.
        public let correct: Int?

        /// One value's trial.
        public init(value: Double, loss: Double, correct: Int? = nil) {
            self.value = value
            self.loss = loss
            self.correct = correct
        }
    }

    /// The key in the configuration, below `head`.
    public let option: String
    /// What the head was made with.
    public let chosen: Double
    /// Pictures that were left out, each once.
    public let pictures: Int
    /// All that was tried, from the smallest value.
    public let trials: [Trial]

    /// A choice and its reasons.
    public init(option: String, chosen: Double, pictures: Int, trials: [Trial]) {
        self.option = option
        self.chosen = chosen
        self.pictures = pictures
        self.trials = trials
    }

    /// "strength 31.6, of 7 that were tried: 212 of 225 left-out pictures right"
    public var summary: String {
        let best = trials.first { $0.value == chosen }
        let right = best?.correct.map { ": \($0) of \(pictures) left-out pictures right" } ?? ""
        return "\(option) \(NumberText.figure(chosen)), of \(trials.count) that were tried\(right)"
    }
}
