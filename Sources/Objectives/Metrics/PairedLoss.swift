/// By how much the loss of the same pictures differs between two ways to answer them. That shows a difference long before
/// counts do.
package struct PairedLoss {
    /// The mean of what the second way has less.
    package let gain: Double
    /// Its standard error.
    package let error: Double

    /// - Parameters:
    ///   - before: the loss of each picture.
    ///   - after: the same pictures, answered in the other way.
    package init(_ before: [Double], _ after: [Double]) {
        let gains = zip(before, after).map { $0 - $1 }
        let count = Double(max(1, gains.count)), mean = gains.reduce(0, +) / count
        let variance = gains.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / max(1, count - 1)
        gain = mean
        error = (variance / count).squareRoot()
    }

    /// Whether the second way is better, and by more than chance does once in twenty times.
    package var isClear: Bool { gain > Self.clear * error }

    /// So many standard errors are more than chance does once in twenty times.
    package static let clear = 1.645
}
