import CKernels
import Synchronization
package import Zoo

/// What this machine can do at most at this moment: measured on the spot, since clocks, neighbours and virtual machines
/// make data sheets worth little.
package struct MachinePeak: Sendable, Hashable {
    /// Multiply-adds in registers on all threads, in 10^9 floating-point operations a second; a multiply-add is two.
    package let gigaflops: Double
    /// Reading memory that no cache holds, on all threads, in 10^9 bytes a second.
    package let gigabytesPerSecond: Double

    /// What is multiplied.
    package enum Numbers: Sendable {
        case float32
        case bfloat16
        /// Unsigned with signed ones of 8 bits.
        case int8
    }

    /// Takes about a tenth of a second, and 128 MB meanwhile.
    /// - Parameters:
    ///   - threads: nil for `GRAFT_THREADS`, or else the number of processors.
    ///   - numbers: whose multiply-adds are counted.
    /// - Throws: `GraftError` for a `GRAFT_ISA` or `GRAFT_THREADS` that makes no sense.
    package static func measure(
        threads: Int? = nil, of numbers: Numbers = .float32
    ) throws(GraftError) -> MachinePeak {
        let threads = try ThreadPool.count(threads), kernels = try KernelSet.chosen()
        return MachinePeak(
            gigaflops: best(threads) { multiplyAdds(kernels, numbers) },
            gigabytesPerSecond: reading(kernels, threads: threads))
    }

    private static let rounds = 3
    private static let bytes = 128 << 20

    /// The best round of `rate`, summed over the threads: whatever else runs makes a round slower, never faster.
    private static func best(_ threads: Int, _ rate: @Sendable () -> Double) -> Double {
        (0..<rounds).map { _ in
            let rates = FloatBuffer(count: threads)
            ThreadPool.shared.run(threads: threads) { thread in rates[thread] = Float(rate()) }
            return (0..<threads).reduce(0) { $0 + Double(rates[$1]) }
        }.max() ?? 0
    }

    /// One thread's 10^9 operations a second, over 10 ms.
    private static func multiplyAdds(_ kernels: KernelSet, _ numbers: Numbers) -> Double {
        // The largest vector of any set; in bytes and in pairs, 0.5 is a number too.
        let vector = FloatBuffer([Float](repeating: 0.5, count: 16), padding: 16)
        let clock = ContinuousClock(), start = clock.now
        var done = 0, passed = Duration.zero
        while passed < .milliseconds(10) {
            switch numbers {
            case .float32: done += kernels.table.pointee.peak_multiply_adds(20_000, vector.pointer)
            case .bfloat16: done += kernels.pairs.table.pointee.peak_products(20_000, vector.pointer)
            case .int8: done += kernels.bytes.table.pointee.peak_products(20_000, vector.pointer)
            }
            passed = clock.now - start
        }
        return Double(2 * done) / (passed / .nanoseconds(1))
    }

    /// Every thread reads its part of one large buffer, all at the same time.
    private static func reading(_ kernels: KernelSet, threads: Int) -> Double {
        let memory = FloatBuffer(count: bytes / MemoryLayout<Float>.stride)
        let vectors = memory.count / kernels.lanes / threads
        let clock = ContinuousClock()
        let times = (0..<rounds).map { _ in
            let start = clock.now
            let next = Atomic<Int>(0)
            ThreadPool.shared.run(threads: threads) { _ in
                let sum = FloatBuffer(count: kernels.lanes)
                while case let part = next.add(1, ordering: .relaxed).oldValue, part < threads {
                    kernels.table.pointee.peak_read(
                        memory.pointer + part * vectors * kernels.lanes, vectors, sum.pointer)
                }
            }
            return (clock.now - start) / .nanoseconds(1)
        }
        return Double(vectors * threads * kernels.lanes * MemoryLayout<Float>.stride) / (times.min() ?? .infinity)
    }
}
