/// How long the parts of a run took.
struct PhaseClock: Sendable {
    private let start = ContinuousClock.now
    private var last = ContinuousClock.now
    private(set) var phases: [(name: String, seconds: Double)] = []

    /// From the start to now, in seconds.
    var total: Double { (ContinuousClock.now - start) / .seconds(1) }

    /// Ends the part that began with the end of the one before.
    mutating func end(_ name: String) {
        let now = ContinuousClock.now
        phases.append((name, (now - last) / .seconds(1)))
        last = now
    }
}
