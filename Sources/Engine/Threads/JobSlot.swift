import Synchronization

/// A place for one job at a time, which workers join while it is open.
final class JobSlot: @unchecked Sendable {
    /// The generation of the job in the upper half; then whether it is open to workers, how many have come, and how
    /// many are at work.
    private let state = Atomic<UInt64>(0)
    private static let open: UInt64 = 1 << 31
    private static let came: UInt64 = 1 << 16

    private let departures = Sleeper()
    private let busy = Atomic<Bool>(false)
    /// Written by the caller while the job is closed.
    private var helpers = 0
    private var job: ((Int) -> Void)?

    /// Whether the slot is the caller's now, until it closes it.
    func take() -> Bool {
        !busy.load(ordering: .relaxed) && !busy.exchange(true, ordering: .acquiring)
    }

    /// Lets up to `helpers` workers in.
    func open(_ job: @escaping (Int) -> Void, helpers: Int) {
        self.job = job
        self.helpers = helpers
        let generation = (state.load(ordering: .relaxed) >> 32) &+ 1
        state.store(generation << 32 | Self.open, ordering: .sequentiallyConsistent)
    }

    /// Waits for those who came: who comes now finds nothing to do.
    func close() {
        _ = state.bitwiseAnd(~Self.open, ordering: .sequentiallyConsistent)
        departures.wait { state.load(ordering: .sequentiallyConsistent) & 0xFFFF == 0 }
        job = nil
        busy.store(false, ordering: .releasing)
    }

    /// Takes part in the open job that is not of generation `last`.
    /// - Parameter isWanted: whether a thread of that number should, of so many in all.
    /// - Returns: the generation of the last job that this worker was part of.
    func join(after last: UInt64, isWanted: (Int, Int) -> Bool) -> UInt64 {
        while true {
            let found = state.load(ordering: .sequentiallyConsistent)
            let generation = found >> 32, number = Int(found >> 16 & 0x7FFF) + 1
            // `helpers` may be read early only if the exchange fails.
            guard generation != last, found & Self.open != 0, number <= helpers, isWanted(number, helpers + 1) else {
                return last
            }
            let (exchanged, _) = state.compareExchange(
                expected: found, desired: found + Self.came + 1, ordering: .sequentiallyConsistent)
            guard exchanged else { continue }
            job?(number)
            let (_, left) = state.subtract(1, ordering: .sequentiallyConsistent)
            if left & 0xFFFF == 0 { departures.wake() }
            return generation
        }
    }
}
