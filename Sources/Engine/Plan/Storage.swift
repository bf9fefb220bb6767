import Synchronization

/// The constants of a plan: packed weights, biases, tables. It gives out plain addresses, valid as long as the plan: a
/// reference would be counted at every use, by all threads at the same counter.
final class Storage: @unchecked Sendable {
    private var slabs: [UnsafeMutableRawPointer] = []
    /// The last slab's free part.
    private var free: UnsafeMutableRawPointer?
    private var room = 0
    private var fills: [@Sendable () -> Void] = []
    private static let slabSize = 4 << 20
    /// Bytes given out.
    private(set) var bytes = 0

    /// Memory for what a plan keeps. It is filled before the plan is used, and never written again.
    func allocate<T: BitwiseCopyable>(_ type: T.Type, count: Int) -> UnsafeMutablePointer<T> {
        let bytes = (max(1, count) * MemoryLayout<T>.stride + 63) / 64 * 64
        self.bytes += bytes
        guard let next = free, room >= bytes else {
            let slab = LargePages.allocate(bytes: max(bytes, Self.slabSize))
            slabs.append(slab)
            if bytes < Self.slabSize { (free, room) = (slab + bytes, Self.slabSize - bytes) }
            return slab.bindMemory(to: T.self, capacity: max(1, count))
        }
        free = next + bytes
        room -= bytes
        return next.bindMemory(to: T.self, capacity: max(1, count))
    }

    /// Remembers to fill some of this memory.
    func later(_ fill: @escaping @Sendable () -> Void) { fills.append(fill) }

    /// Fills what is to be filled, on several threads.
    func fill(threads: Int) {
        let fills = self.fills, next = Atomic<Int>(0)
        ThreadPool.shared.run(threads: threads) { _ in
            while case let index = next.add(1, ordering: .relaxed).oldValue, index < fills.count { fills[index]() }
        }
        self.fills = []
    }

    /// `values` followed by zeros up to `count`.
    func floats(_ values: [Float] = [], padding count: Int) -> UnsafeMutablePointer<Float> {
        let pointer = allocate(Float.self, count: max(count, values.count))
        pointer.initialize(repeating: 0, count: max(1, max(count, values.count)))
        for (index, value) in values.enumerated() { pointer[index] = value }
        return pointer
    }

    /// Some values in a row.
    func array<T: BitwiseCopyable>(_ values: [T]) -> UnsafePointer<T> {
        let pointer = allocate(T.self, count: values.count)
        for (index, value) in values.enumerated() { (pointer + index).initialize(to: value) }
        return UnsafePointer(pointer)
    }

    deinit {
        for slab in slabs { slab.deallocate() }
    }
}

/// What a plan is made for.
struct Target {
    let kernels: KernelSet
    let bytes: ByteKernels
    let storage: Storage
    /// Whether products are of pairs of bfloat16.
    var isPaired = false
}
