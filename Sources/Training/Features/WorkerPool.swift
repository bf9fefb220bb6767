import Dispatch
import Synchronization

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// One picture a thread, on all cores: reading, decoding and computing of different pictures overlap by themselves.
enum WorkerPool {
    /// `GRAFT_THREADS`, or the number of processors.
    static var defaultThreads: Int {
        let wanted = ProcessInfo.processInfo.environment["GRAFT_THREADS"].flatMap { Int($0) }
        return max(1, wanted ?? ProcessInfo.processInfo.activeProcessorCount)
    }

    /// `body` of every index below `count`; the results are in the order of the indices, whatever the threads did.
    /// - Parameter done: called after each index with the number finished, never on two threads at once.
    static func map<Result: Sendable>(
        count: Int, threads: Int?, body: @Sendable (Int) -> Result, done: @Sendable (Int) -> Void
    ) -> [Result] {
        let state = Mutex(WorkerState(results: [Result?](repeating: nil, count: count)))
        let workers = min(count, threads ?? defaultThreads)
        DispatchQueue.concurrentPerform(iterations: workers) { _ in
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
