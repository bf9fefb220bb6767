/// A test picture that was answered wrong.
public struct TrainingMistake: Sendable, Hashable {
    /// Its file.
    public let path: String
    /// The class that it is of.
    public let truth: String
    /// The class that it was taken for.
    public let guess: String
    /// The guess's probability.
    public let probability: Double
    /// The probability of what it is.
    public let truthProbability: Double

    package init(path: String, truth: String, guess: String, probability: Double, truthProbability: Double) {
        self.path = path
        self.truth = truth
        self.guess = guess
        self.probability = probability
        self.truthProbability = truthProbability
    }
}
