import Zoo

/// Mean and variance of every channel.
struct ChannelStatistics: Sendable {
    let mean: [Double]
    /// The biased one, that of the normalisation.
    let variance: [Double]
    /// The number of values that they were computed from, 0 for running ones.
    let count: Int

    /// Running statistics.
    init(mean: [Float], variance: [Float]) {
        self.mean = mean.map(Double.init)
        self.variance = variance.map(Double.init)
        count = 0
    }

    /// A batch's: `squares` are the summed squared distances from the mean.
    init(mean: [Double], squares: [Double], count: Int) {
        self.mean = mean
        variance = squares.map { $0 / Double(count) }
        self.count = count
    }

    /// The running mean, moved towards this batch's.
    func runningMean(after running: [Float], momentum: Double) -> [Float] {
        zip(running, mean).map { Float((1 - momentum) * Double($0) + momentum * $1) }
    }

    /// The running variance, moved towards this batch's with Bessel's correction, as PyTorch does.
    func runningVariance(after running: [Float], momentum: Double) -> [Float] {
        let correction = Double(count) / Double(count - 1)
        return zip(running, variance).map { Float((1 - momentum) * Double($0) + momentum * $1 * correction) }
    }

    /// Whether all are numbers.
    var isFinite: Bool { mean.allSatisfy(\.isFinite) && variance.allSatisfy(\.isFinite) }

    /// `1 / sqrt(variance + epsilon)`
    func inverseDeviation(epsilon: Double) -> [Double] { variance.map { 1 / ($0 + epsilon).squareRoot() } }
}
