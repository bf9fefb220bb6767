import Numbers

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// One number that all logits are divided by, so that a probability of 80 % is right 80 times in 100 (Guo et al., "On
/// calibration of modern neural networks", 2017). It changes no answer and no order.
package struct Temperature: Sendable, Hashable {
    /// 1 changes nothing; above 1 the model was too sure, below 1 too modest.
    package let value: Double
    /// The mean cross entropy before and after, on pictures that the model had not seen.
    package let lossBefore: Double
    /// The mean cross entropy after.
    package let lossAfter: Double
    /// Pictures that it was fitted on.
    package let count: Int
    /// Why it is 1, where it was left so.
    package let reason: String?

    /// Fewer pictures say too little.
    package static let leastPictures = 20
    /// Far beyond what any network needs.
    private static let range = 0.02...50.0

    /// - Parameters:
    ///   - logits: `[N, classes]`, of pictures that the model had not seen.
    ///   - fold: a number for each picture: a temperature fitted on the others must do each fold good, or T stays 1.
    package init(logits: [Double], labels: [Int], classes: Int, fold: [Int]) {
        count = labels.count
        let all = Answers(logits: logits, labels: labels, classes: classes)
        lossBefore = all.loss(1)
        guard labels.count >= Self.leastPictures else {
            value = 1
            lossAfter = lossBefore
            reason = "only \(labels.count) pictures, \(Self.leastPictures) are needed"
            return
        }
        // What a temperature does for pictures that it was not fitted on.
        var outside = 0.0
        for index in Set(fold).sorted() {
            let held = all.chosen { fold[$0] == index }, others = all.chosen { fold[$0] != index }
            outside += held.loss(others.bestTemperature(Self.range)) * Double(held.labels.count)
        }
        let fitted = all.bestTemperature(Self.range), after = all.loss(fitted)
        guard outside / Double(count) < lossBefore, after < lossBefore else {
            value = 1
            lossAfter = lossBefore
            reason = "no temperature makes pictures that it was not fitted on more likely"
            return
        }
        value = fitted
        lossAfter = after
        reason = nil
    }
}

/// Logits of pictures with what is right.
private struct Answers {
    let logits: [Double]
    let labels: [Int]
    let classes: Int

    func chosen(_ isChosen: (Int) -> Bool) -> Answers {
        let rows = labels.indices.filter(isChosen)
        return Answers(
            logits: rows.flatMap { logits[$0 * classes..<($0 + 1) * classes] }, labels: rows.map { labels[$0] },
            classes: classes)
    }

    func loss(_ temperature: Double) -> Double {
        LogProbabilities.loss(of: logits, labels: labels, classes: classes, temperature: temperature)
    }

    /// The temperature of the lowest loss. The loss is convex in its inverse: Newton's steps find it, and where one would
    /// leave what is known to hold the minimum, half of that goes.
    func bestTemperature(_ range: ClosedRange<Double>) -> Double {
        guard !labels.isEmpty else { return 1 }
        var low = 1 / range.upperBound, high = 1 / range.lowerBound
        var inverse = 1.0
        for _ in 0..<100 {
            let (slope, curvature) = derivatives(inverse)
            if slope > 0 { high = inverse } else { low = inverse }
            var next = inverse - slope / curvature
            if !(low < next && next < high) { next = (low * high).squareRoot() }
            let step = abs(next - inverse)
            inverse = next
            if step <= 1e-10 * inverse { break }
        }
        return 1 / inverse
    }

    /// Of the sum of cross entropies, by the inverse of the temperature.
    private func derivatives(_ inverse: Double) -> (slope: Double, curvature: Double) {
        var slope = 0.0, curvature = 0.0
        for (row, label) in labels.enumerated() {
            let start = row * classes
            var largest = logits[start]
            for index in start..<start + classes { largest = max(largest, logits[index]) }
            var sum = 0.0, first = 0.0, second = 0.0
            for index in start..<start + classes {
                let value = logits[index] - largest
                let share = exp(value * inverse)
                sum += share
                first += share * value
                second += share * value * value
            }
            let mean = first / sum
            slope += mean - (logits[start + label] - largest)
            curvature += second / sum - mean * mean
        }
        return (slope, curvature)
    }
}
