/// What a learning-rate finder saw: the loss while the rate rose from step to step (arXiv:1506.01186, section 3.3).
public struct LearningRateCurve: Sendable, Hashable {
    /// The rate of every step.
    public let rates: [Double]
    /// The loss of every step, smoothed.
    public let losses: [Double]
    /// Whether the loss exploded before the last step.
    public let isCutShort: Bool
    /// Where the loss falls fastest; nil where it never falls.
    public let steepest: Double?
    /// In the middle of the longest descent; nil where there is none. The rate to start with.
    public let valley: Double?

    package init(rates: [Double], losses: [Double], isCutShort: Bool) {
        self.rates = rates
        self.losses = losses
        self.isCutShort = isCutShort
        // The first and the last steps say little: the average has just begun, or the loss is about to explode.
        let inner = rates.count > 20 ? 5..<rates.count - 5 : rates.indices
        let slopes = inner.dropFirst().dropLast().map { ($0, losses[$0 + 1] - losses[$0 - 1]) }
        steepest = slopes.min { $0.1 < $1.1 }.flatMap { $0.1 < 0 ? rates[$0.0] : nil }
        valley = Self.descent(losses).flatMap { descent in
            descent.count > 1 ? rates[descent.lowerBound + (descent.count - 1) / 2] : nil
        }
    }

    /// The first and last step of the longest series of ever lower losses, steps in between left out.
    private static func descent(_ losses: [Double]) -> ClosedRange<Int>? {
        var lengths = [Int](repeating: 1, count: losses.count)
        var starts = Array(losses.indices)
        for step in losses.indices {
            for before in 0..<step where losses[before] > losses[step] && lengths[before] + 1 > lengths[step] {
                lengths[step] = lengths[before] + 1
                starts[step] = starts[before]
            }
        }
        guard let end = lengths.indices.max(by: { lengths[$0] < lengths[$1] }) else { return nil }
        return starts[end]...end
    }
}

/// The smoothed loss of a series of steps: an exponential average, its beginning corrected as Adam's is.
package struct SmoothedLoss {
    private let decay: Double
    private var average = 0.0
    private var weight = 1.0

    package init(decay: Double) { self.decay = decay }

    package mutating func add(_ loss: Double) -> Double {
        weight *= decay
        average = decay * average + (1 - decay) * loss
        return average / (1 - weight)
    }
}
