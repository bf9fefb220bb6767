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

/// The process's workers. Callers share them fairly: one alone has them all, several have equal parts, and on a busy machine
/// each does its job alone.
///
/// A job is a closure that any number of threads may run at once: its threads share the work by claiming parts of it.
/// Nobody waits for a worker that did not come, and a worker may leave between two parts: it should where `keeps` says so.
package final class ThreadPool: @unchecked Sendable {
    package static let shared = ThreadPool()

    private let slots = (0..<16).map { _ in JobSlot() }
    /// Calls of `run` that want help.
    private let callers = Atomic<Int>(0)
    /// Jobs that were ever opened.
    private let opened = Atomic<Int>(0)
    private let arrivals = Sleeper()
    private let workers = Mutex(0)

    /// Without workers; they start when they are first wanted, and stay.
    package init() {}

    /// Runs `body` on this thread (as number 0) and on up to `threads - 1` workers; returns when all are done with it.
    package func run(threads: Int, _ body: (Int) -> Void) {
        guard threads > 1 else { return body(0) }
        callers.add(1, ordering: .sequentiallyConsistent)
        defer { callers.subtract(1, ordering: .sequentiallyConsistent) }
        guard share(of: threads) > 1, let slot = slots.first(where: { $0.take() }) else { return body(0) }
        startWorkers(threads - 1)
        withoutActuallyEscaping(body) { body in
            slot.open(body, helpers: threads - 1)
            opened.add(1, ordering: .sequentiallyConsistent)
            arrivals.wake()
            body(0)
            slot.close()
        }
    }

    /// Whether thread number `thread` of a job that asked for `threads` should go on with it: more callers have come if not.
    package func keeps(_ thread: Int, of threads: Int) -> Bool { thread < share(of: threads) }

    /// How many threads a caller gets that wants `threads`.
    private func share(of threads: Int) -> Int {
        max(1, threads / max(1, callers.load(ordering: .sequentiallyConsistent)))
    }

    private func work() {
        var seen = 0
        // By slot, the last job of it that this worker was part of.
        var last = [UInt64](repeating: 0, count: slots.count)
        while true {
            arrivals.wait { opened.load(ordering: .sequentiallyConsistent) != seen }
            seen = opened.load(ordering: .sequentiallyConsistent)
            for (index, slot) in slots.enumerated() {
                last[index] = slot.join(after: last[index]) { keeps($0, of: $1) }
            }
        }
    }

    private func startWorkers(_ count: Int) {
        workers.withLock { workers in
            while workers < count {
                workers += 1
                startWorker()
            }
        }
    }

    /// Starts a worker that lives as long as the process. Where the system refuses, jobs have fewer threads.
    private func startWorker() {
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
