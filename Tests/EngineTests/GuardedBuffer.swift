#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Floats that end where readable memory ends: one step too far is a crash.
final class GuardedBuffer {
    let pointer: UnsafeMutablePointer<Float>
    let count: Int
    private let base: UnsafeMutableRawPointer
    private let bytes: Int

    init(count: Int, value: (Int) -> Float = { _ in .nan }) {
        let page = 16384
        let size = (count * 4 + page - 1) / page * page
        bytes = size + 2 * page
        let memory = mmap(nil, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON, -1, 0)
        precondition(memory != MAP_FAILED, "mmap failed")
        base = memory!
        mprotect(base, page, PROT_NONE)
        mprotect(base + page + size, page, PROT_NONE)
        pointer = (base + page + size - count * 4).bindMemory(to: Float.self, capacity: count)
        self.count = count
        for index in 0..<count { (pointer + index).initialize(to: value(index)) }
    }

    deinit { munmap(base, bytes) }

    subscript(index: Int) -> Float { pointer[index] }
}

/// Doubles that end where readable memory ends.
final class GuardedDoubles {
    let pointer: UnsafeMutablePointer<Double>
    private let memory: GuardedBuffer
    private let count: Int

    init(_ values: [Double]) {
        memory = GuardedBuffer(count: 2 * values.count)
        count = values.count
        pointer = UnsafeMutableRawPointer(memory.pointer).bindMemory(to: Double.self, capacity: count)
        for (index, value) in values.enumerated() { pointer[index] = value }
    }

    var values: [Double] { (0..<count).map { pointer[$0] } }
}
