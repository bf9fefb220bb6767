#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// An open file being written. Where a call returns false, `errno` says why.
final class FileDescriptorWriter {
    private var descriptor: Int32

    /// Takes over `descriptor`, and closes it.
    init(_ descriptor: Int32) { self.descriptor = descriptor }

    deinit { _ = close() }

    var isOpen: Bool { descriptor >= 0 }

    func write(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var rest = bytes
        while !rest.isEmpty {
            #if canImport(Darwin)
                let count = Darwin.write(descriptor, rest.baseAddress, rest.count)
            #elseif canImport(Glibc)
                let count = Glibc.write(descriptor, rest.baseAddress, rest.count)
            #elseif canImport(Musl)
                let count = Musl.write(descriptor, rest.baseAddress, rest.count)
            #endif
            if count > 0 {
                rest = UnsafeRawBufferPointer(rebasing: rest[count...])
            } else if count == 0 || errno != EINTR {
                return false
            }
        }
        return true
    }

    /// Waits until the bytes are on the disk.
    func synchronize() -> Bool { fsync(descriptor) == 0 }

    func setMode(_ mode: mode_t) { fchmod(descriptor, mode) }

    func close() -> Bool {
        guard descriptor >= 0 else { return true }
        defer { descriptor = -1 }
        #if canImport(Darwin)
            return Darwin.close(descriptor) == 0
        #elseif canImport(Glibc)
            return Glibc.close(descriptor) == 0
        #elseif canImport(Musl)
            return Musl.close(descriptor) == 0
        #endif
    }
}
