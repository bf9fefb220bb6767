import Zoo

/// Sums over everything but the channels, the last axis.
enum ChannelSums {
    static func of(_ values: [Float], channels: Int) -> [Double] {
        var sums = [Double](repeating: 0, count: channels)
        for start in stride(from: 0, to: values.count, by: channels) {
            for c in 0..<channels { sums[c] += Double(values[start + c]) }
        }
        return sums
    }
}

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

    /// A batch's, in two passes.
    init(of values: [Float], channels: Int) {
        let count = values.count / channels
        let mean = ChannelSums.of(values, channels: channels).map { $0 / Double(count) }
        var squares = [Double](repeating: 0, count: channels)
        for start in stride(from: 0, to: values.count, by: channels) {
            for c in 0..<channels {
                let distance = Double(values[start + c]) - mean[c]
                squares[c] += distance * distance
            }
        }
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

    /// `1 / sqrt(variance + epsilon)`
    func inverseDeviation(epsilon: Double) -> [Double] { variance.map { 1 / ($0 + epsilon).squareRoot() } }
}

/// Batch normalisation forward and backward (arXiv:1502.03167).
enum BatchNormTraining {
    static func forward(
        _ input: [Float], statistics: ChannelStatistics, weight: [Float], bias: [Float], epsilon: Double
    ) -> [Float] {
        let channels = weight.count
        let scale = zip(statistics.inverseDeviation(epsilon: epsilon), weight).map { $0 * Double($1) }
        var output = input
        for start in stride(from: 0, to: input.count, by: channels) {
            for c in 0..<channels {
                output[start + c] = Float(
                    (Double(input[start + c]) - statistics.mean[c]) * scale[c] + Double(bias[c]))
            }
        }
        return output
    }

    /// - Parameter ofBatch: whether the statistics were the batch's own, so that they pass gradient on.
    static func backward(
        _ gradient: [Float], input: [Float], statistics: ChannelStatistics, ofBatch: Bool, weight: [Float],
        epsilon: Double
    ) -> (input: [Float], weight: [Float], bias: [Float]) {
        let channels = weight.count
        let inverse = statistics.inverseDeviation(epsilon: epsilon)
        let biasSums = ChannelSums.of(gradient, channels: channels)
        var weightSums = [Double](repeating: 0, count: channels)
        for start in stride(from: 0, to: gradient.count, by: channels) {
            for c in 0..<channels {
                let normalized = (Double(input[start + c]) - statistics.mean[c]) * inverse[c]
                weightSums[c] += Double(gradient[start + c]) * normalized
            }
        }
        let count = Double(gradient.count / channels)
        var result = gradient
        for start in stride(from: 0, to: gradient.count, by: channels) {
            for c in 0..<channels {
                var value = Double(gradient[start + c])
                if ofBatch {
                    let normalized = (Double(input[start + c]) - statistics.mean[c]) * inverse[c]
                    value -= (biasSums[c] + normalized * weightSums[c]) / count
                }
                result[start + c] = Float(value * inverse[c] * Double(weight[c]))
            }
        }
        return (result, weightSums.map { Float($0) }, biasSums.map { Float($0) })
    }
}
