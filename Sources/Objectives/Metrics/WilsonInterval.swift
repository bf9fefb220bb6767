/// The Wilson score interval of a proportion (Wilson, JASA 22, 1927): honest for few images and near 100 %.
public struct WilsonInterval: Sendable, Hashable {
    /// From 0 to 1.
    public let lower: Double
    /// From 0 to 1.
    public let upper: Double

    /// The 95 % interval of `correct` out of `total`; 0 to 1 where there is nothing to count.
    public init(correct: Int, total: Int) {
        guard total > 0 else {
            lower = 0
            upper = 1
            return
        }
        let z = 1.959963984540054
        let n = Double(total)
        let p = Double(correct) / n
        let center = (p + z * z / (2 * n)) / (1 + z * z / n)
        let half = z / (1 + z * z / n) * (p * (1 - p) / n + z * z / (4 * n * n)).squareRoot()
        lower = correct == 0 ? 0 : max(0, center - half)
        upper = correct == total ? 1 : min(1, center + half)
    }
}
