import Synchronization

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

import CKernels

/// Waiting for a condition that another thread makes true: a short spin, then sleep. A spin alone would be fastest on
/// an idle machine and a disaster on a busy one, where the spinning thread may hold the processor that the other one
/// needs.
package final class Sleeper: @unchecked Sendable {
    /// About 40 microseconds: longer than a step's threads are usually apart, shorter than a scheduler's tick.
    private static let spins = 2000

    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private let sleeping = Atomic<Int>(0)

    package init() {
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(condition, nil)
    }

    deinit {
        pthread_cond_destroy(condition)
        pthread_mutex_destroy(mutex)
        condition.deallocate()
        mutex.deallocate()
    }

    /// Returns once `isTrue` is. It must read with sequentially consistent ordering.
    @inline(__always)
    package func wait(until isTrue: () -> Bool) {
        for _ in 0..<Self.spins {
            if isTrue() { return }
            gk_pause()
        }
        sleep(until: isTrue)
    }

    private func sleep(until isTrue: () -> Bool) {
        pthread_mutex_lock(mutex)
        sleeping.add(1, ordering: .sequentiallyConsistent)
        while !isTrue() { pthread_cond_wait(condition, mutex) }
        sleeping.subtract(1, ordering: .sequentiallyConsistent)
        pthread_mutex_unlock(mutex)
    }

    /// Wakes those who wait, after what they wait for was stored with sequentially consistent ordering.
    @inline(__always)
    package func wake() {
        if sleeping.load(ordering: .sequentiallyConsistent) > 0 {
            pthread_mutex_lock(mutex)
            pthread_cond_broadcast(condition)
            pthread_mutex_unlock(mutex)
        }
    }
}
