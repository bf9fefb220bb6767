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
        func loss(_ pictures: [Int], _ temperature: Double) -> Double {
            LogProbabilities.loss(
                of: pictures.flatMap { logits[$0 * classes..<($0 + 1) * classes] }, labels: pictures.map { labels[$0] },
                classes: classes, temperature: temperature)
        }
        let all = Array(labels.indices)
        lossBefore = loss(all, 1)
        guard labels.count >= Self.leastPictures else {
            value = 1
            lossAfter = lossBefore
            reason = "only \(labels.count) pictures, \(Self.leastPictures) are needed"
            return
        }
        // What a temperature does for pictures that it was not fitted on.
        var outside = 0.0
        for index in Set(fold).sorted() {
            let held = all.filter { fold[$0] == index }
            let temperature = Self.fit(all.filter { fold[$0] != index }, loss)
            outside += loss(held, temperature) * Double(held.count)
        }
        let fitted = Self.fit(all, loss), after = loss(all, fitted)
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

    /// The lowest loss over the logarithm of the temperature, by golden sections: the loss falls, then rises.
    private static func fit(_ pictures: [Int], _ loss: ([Int], Double) -> Double) -> Double {
        guard !pictures.isEmpty else { return 1 }
        let ratio = (5.0.squareRoot() - 1) / 2
        var low = log(range.lowerBound), high = log(range.upperBound)
        var left = high - ratio * (high - low), right = low + ratio * (high - low)
        var leftLoss = loss(pictures, exp(left)), rightLoss = loss(pictures, exp(right))
        while high - low > 1e-7 {
            if leftLoss <= rightLoss {
                high = right
                (right, rightLoss) = (left, leftLoss)
                left = high - ratio * (high - low)
                leftLoss = loss(pictures, exp(left))
            } else {
                low = left
                (left, leftLoss) = (right, rightLoss)
                right = low + ratio * (high - low)
                rightLoss = loss(pictures, exp(right))
            }
        }
        return exp((low + high) / 2)
    }
}
