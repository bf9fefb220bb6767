import Synchronization

/// One picture a thread, on all cores: reading, decoding and computing of different pictures overlap by themselves.
package enum WorkerPool {
    /// `body` of every index below `count`; the results are in the order of the indices, whatever the threads did.
    /// - Parameter done: called after each index with the number finished, never on two threads at once.
    package static func map<Result: Sendable>(
        count: Int, threads: Int, body: @Sendable (Int) -> Result, done: @Sendable (Int) -> Void = { _ in }
    ) -> [Result] {
        let state = Mutex(WorkerState(results: [Result?](repeating: nil, count: count)))
        ThreadPool.shared.run(threads: min(count, threads)) { _ in
            while true {
                let index = state.withLock { state in
                    defer { state.next += 1 }
                    return state.next
                }
                guard index < count else { return }
                let result = body(index)
                state.withLock { state in
                    state.results[index] = result
                    state.finished += 1
                    done(state.finished)
                }
            }
        }
        return state.withLock { $0.results.compactMap { $0 } }
    }
}

/// What the threads share.
private struct WorkerState<Result> {
    var next = 0
    var finished = 0
    var results: [Result?]
}
