import Synchronization

/// Which tiles of which step are taken and done.
///
/// Every thread has a share of a step's tiles that it takes first: neighbouring tiles, mostly the same part of the
/// image in one step as in the next, whose data is in its cache. Then it takes what is left of the others' shares. A
/// thread that lost its processor holds up at most the tile that it is at.
final class Progress: @unchecked Sendable {
    /// For every step the number of tiles that are done, and for every share those that are taken; each on a cache line
    /// of its own.
    private let counters: UnsafeMutablePointer<Atomic<Int>>
    private let count: Int
    private let threads: Int
    private static let spacing = 16
    private let sleeper = Sleeper()

    init(steps: Int, threads: Int) {
        self.threads = threads
        count = steps * (threads + 1) * Self.spacing
        counters = .allocate(capacity: max(1, count))
        for index in 0..<count { (counters + index).initialize(to: Atomic(0)) }
    }

    deinit {
        counters.deinitialize(count: count)
        counters.deallocate()
    }

    /// Nothing is taken. No thread may be at work.
    func reset() {
        for index in stride(from: 0, to: count, by: Self.spacing) { counters[index].store(0, ordering: .relaxed) }
    }

    /// Does tiles that nobody has taken, then waits until all are done.
    @inline(__always)
    func share(step: Int, tiles: Int, thread: Int, _ body: (Int) -> Void) {
        let done = counters + step * (threads + 1) * Self.spacing
        for offset in 0..<threads {
            let owner = (thread + offset) % threads
            let taken = done + (owner + 1) * Self.spacing
            let first = owner * tiles / threads, share = (owner + 1) * tiles / threads - first
            while taken.pointee.load(ordering: .relaxed) < share {
                let tile = taken.pointee.add(1, ordering: .relaxed).oldValue
                guard tile < share else { break }
                body(first + tile)
                if done.pointee.add(1, ordering: .sequentiallyConsistent).newValue == tiles { sleeper.wake() }
            }
        }
        sleeper.wait { done.pointee.load(ordering: .sequentiallyConsistent) == tiles }
    }
}
