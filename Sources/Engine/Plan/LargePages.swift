#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Memory in pages of 2 MB where the system grants them: a plan's weights and images take thousands of small ones, more
/// than a processor can look up at once.
enum LargePages {
    private static let size = 2 << 20

    /// At least `bytes` bytes, unspecified. Small requests come from the ordinary allocator.
    static func allocate(bytes: Int) -> UnsafeMutableRawPointer {
        guard bytes >= size / 2 else { return .allocate(byteCount: max(1, bytes), alignment: 64) }
        let rounded = (bytes + size - 1) / size * size
        let memory = UnsafeMutableRawPointer.allocate(byteCount: rounded, alignment: size)
        #if os(Linux)
            madvise(memory, rounded, MADV_HUGEPAGE)
        #endif
        return memory
    }
}
