import Zoo

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// A lock between processes, and between threads of one: held from `init` until the value is let go, or its process ends.
///
/// The file stays: removing it would let two processes hold two files of one name.
final class FileLock {
    private let descriptor: Int32

    /// Waits for the lock.
    /// - Throws: `GraftError.file` where the file cannot be made.
    init(path: String) throws(GraftError) {
        descriptor = open(path.onDisk, O_RDWR | O_CREAT | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else {
            throw GraftError(
                .file, "cannot write in the cache", file: path,
                remedy: "set GRAFT_CACHE to a directory that can be written")
        }
        while flock(descriptor, LOCK_EX) != 0, errno == EINTR {}
    }

    deinit { close(descriptor) }
}
