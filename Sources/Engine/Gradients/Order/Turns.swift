import Synchronization

/// Whose turn it is to add to what several threads add to in an order.
final class Turns: @unchecked Sendable {
    private let counters: UnsafeMutablePointer<Atomic<Int>>
    private let count: Int
    private let sleeper = Sleeper()

    /// - Parameter count: sums that are added to, each with turns of its own, from 0.
    init(_ count: Int) {
        self.count = count
        counters = .allocate(capacity: max(1, count))
        for index in 0..<count { (counters + index).initialize(to: Atomic(0)) }
    }

    deinit {
        counters.deinitialize(count: count)
        counters.deallocate()
    }

    /// Runs `body` after those before it.
    func take(_ turn: Int, of index: Int, _ body: () -> Void) {
        sleeper.wait { counters[index].load(ordering: .sequentiallyConsistent) == turn }
        body()
        counters[index].store(turn + 1, ordering: .sequentiallyConsistent)
        sleeper.wake()
    }
}
