/// Where a figure most likely lies.
public struct Interval: Sendable, Hashable {
    /// The lower end.
    public let lower: Double
    /// The upper end.
    public let upper: Double

    /// From one end to the other.
    public init(lower: Double, upper: Double) {
        self.lower = lower
        self.upper = upper
    }
}
