import Engine
import Synchronization

/// Work that several threads share, with results that do not depend on how many there are.
package enum InOrder {
    /// `body` of every index below `count`, in the order of the indices.
    /// - Parameter done: called after each index with the number finished, never on two threads at once.
    package static func map<Result: Sendable>(
        count: Int, threads: Int, done: @Sendable (Int) -> Void = { _ in }, body: @Sendable (Int) -> Result
    ) -> [Result] {
        let shared = Mutex(Shared(results: [Result?](repeating: nil, count: count)))
        ThreadPool.shared.run(threads: max(1, min(count, threads))) { _ in
            while true {
                let index = shared.withLock { shared in
                    defer { shared.next += 1 }
                    return shared.next
                }
                guard index < count else { return }
                let result = body(index)
                shared.withLock { shared in
                    shared.results[index] = result
                    shared.finished += 1
                    done(shared.finished)
                }
            }
        }
        return shared.withLock { $0.results.compactMap { $0 } }
    }

    private struct Shared<Result> {
        var next = 0
        var finished = 0
        var results: [Result?]
    }
}
