import Synchronization
package import Zoo

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif
#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The process's workers. They help with one job at a time; a second caller meanwhile does its job alone.
///
/// A job is a closure that any number of threads may run at once: its threads share the work by claiming parts of it.
/// Nobody waits for a worker that did not come: on a busy machine the caller does all the work.
package final class ThreadPool: @unchecked Sendable {
    package static let shared = ThreadPool()

    /// The generation of the job in the upper half; then whether it is open to workers, how many have come, and how
    /// many are at work.
    private let state = Atomic<UInt64>(0)
    private static let open: UInt64 = 1 << 31
    private static let came: UInt64 = 1 << 16

    private let arrivals = Sleeper()
    private let departures = Sleeper()
    private let busy = Atomic<Bool>(false)
    /// Written by the caller while the job is closed.
    private var limit: UInt64 = 0
    private var job: ((Int) -> Void)?
    private var workers = 0

    /// Runs `body` on this thread (as number 0) and on up to `threads - 1` workers; returns when all are done with it.
    package func run(threads: Int, _ body: (Int) -> Void) {
        guard threads > 1, !busy.exchange(true, ordering: .acquiring) else { return body(0) }
        withoutActuallyEscaping(body) { body in
            while workers < threads - 1 { startWorker() }
            job = body
            limit = UInt64(threads - 1)
            let generation = (state.load(ordering: .relaxed) >> 32) &+ 1
            state.store(generation << 32 | Self.open, ordering: .sequentiallyConsistent)
            arrivals.wake()
            body(0)
            // Closed: who comes now finds nothing to do.
            _ = state.bitwiseAnd(~Self.open, ordering: .sequentiallyConsistent)
            departures.wait { state.load(ordering: .sequentiallyConsistent) & 0xFFFF == 0 }
            job = nil
        }
        busy.store(false, ordering: .releasing)
    }

    /// Takes part in the open job that is not of generation `last`; returns its generation, or nil if there is none.
    private func join(after last: UInt64) -> UInt64? {
        while true {
            let found = state.load(ordering: .sequentiallyConsistent)
            let generation = found >> 32, number = (found >> 16) & 0x7FFF
            guard generation != last, found & Self.open != 0 else { return nil }
            // `limit` may be read early only if the exchange fails.
            if number >= limit { return generation }
            let (exchanged, _) = state.compareExchange(
                expected: found, desired: found + Self.came + 1, ordering: .sequentiallyConsistent)
            guard exchanged else { continue }
            job?(Int(number) + 1)
            let (_, left) = state.subtract(1, ordering: .sequentiallyConsistent)
            if left & 0xFFFF == 0 { departures.wake() }
            return generation
        }
    }

    private func work() {
        var last: UInt64 = 0
        while true {
            arrivals.wait {
                let found = state.load(ordering: .sequentiallyConsistent)
                return found >> 32 != last && found & Self.open != 0
            }
            if let generation = join(after: last) { last = generation }
        }
    }

    /// Starts a worker that lives as long as the process. Where the system refuses, jobs have fewer threads.
    private func startWorker() {
        workers += 1
        let pool = Unmanaged.passRetained(self).toOpaque()
        #if canImport(Glibc)
            var thread = pthread_t()
            let status = pthread_create(
                &thread, nil,
                { pool in
                    if let pool { Unmanaged<ThreadPool>.fromOpaque(pool).takeRetainedValue().work() }
                    return nil
                }, pool)
        #else
            var thread: pthread_t?
            let status = pthread_create(
                &thread, nil,
                { pool in
                    Unmanaged<ThreadPool>.fromOpaque(pool).takeRetainedValue().work()
                    return nil
                }, pool)
        #endif
        if status != 0 { Unmanaged<ThreadPool>.fromOpaque(pool).release() }
    }
}

extension ThreadPool {
    /// The most threads that may be asked for.
    package static let most = 256

    /// `asked`, or `GRAFT_THREADS`, or the number of processors that this process may use.
    /// - Throws: `GraftError.threads` for a number that is not from 1 to 256.
    package static func count(
        _ asked: Int?, environment: [String: String] = ProcessInfo.processInfo.environment
    ) throws(GraftError) -> Int {
        let text = asked.map(String.init) ?? environment["GRAFT_THREADS"]
        guard let text else { return max(1, min(most, ProcessInfo.processInfo.activeProcessorCount)) }
        guard let count = Int(text), (1...most).contains(count) else {
            throw GraftError(
                .threads, "not a number of threads", parameter: asked == nil ? "GRAFT_THREADS" : "threads",
                expected: "1 to \(most)", found: text)
        }
        return count
    }
}
