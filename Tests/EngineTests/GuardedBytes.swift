#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Values that end where readable memory ends: one step too far is a crash.
final class GuardedBytes<Element: BitwiseCopyable> {
    let pointer: UnsafeMutablePointer<Element>
    private let base: UnsafeMutableRawPointer
    private let bytes: Int

    init(count: Int, value: (Int) -> Element) {
        let page = 16384, length = count * MemoryLayout<Element>.stride
        let size = (length + page - 1) / page * page
        bytes = size + 2 * page
        let memory = mmap(nil, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON, -1, 0)
        precondition(memory != MAP_FAILED, "mmap failed")
        base = memory!
        mprotect(base, page, PROT_NONE)
        mprotect(base + page + size, page, PROT_NONE)
        pointer = (base + page + size - length).bindMemory(to: Element.self, capacity: count)
        for index in 0..<count { (pointer + index).initialize(to: value(index)) }
    }

    deinit { munmap(base, bytes) }
}
