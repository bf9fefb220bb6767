package import Zoo

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// A file's bytes, mapped into memory and read-only. Every access is checked against the length at opening.
///
/// A file that another process shortens while it is mapped stops this one (SIGBUS): replace files by renaming, as
/// `AtomicFile` does, never by writing into them.
package final class MappedFile: Sendable {
    /// The file as the user named it.
    package let path: String
    /// Its length in bytes.
    package let count: Int
    /// nil for an empty file. Never written to, and unmapped only when the last owner lets go.
    private nonisolated(unsafe) let base: UnsafeMutableRawPointer?

    /// - Throws: `GraftError.unreadable` for what is missing, unreadable or not a regular file.
    package init(path: String) throws(GraftError) {
        // Without O_NONBLOCK, opening a named pipe would wait for a writer.
        let descriptor = open(path.onDisk, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            if errno == ENOENT {
                throw GraftError(.unreadable, "no such file", file: path)
            }
            throw GraftError(.unreadable, "cannot open the file", file: path, found: SystemError.text(errno))
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            throw GraftError(.unreadable, "cannot read the file", file: path, found: SystemError.text(errno))
        }
        let kind = FileKind(mode: UInt32(status.st_mode))
        guard kind == .regular else {
            throw GraftError(
                .unreadable, "not a file that can be read", file: path, expected: FileKind.regular.rawValue,
                found: kind.rawValue)
        }
        self.path = path
        self.count = Int(status.st_size)
        if count == 0 {
            base = nil
        } else {
            let mapping = mmap(nil, count, PROT_READ, MAP_PRIVATE, descriptor, 0)
            guard let mapping, mapping != UnsafeMutableRawPointer(bitPattern: -1) else {
                throw GraftError(.unreadable, "cannot read the file", file: path, found: SystemError.text(errno))
            }
            base = mapping
        }
    }

    deinit {
        if let base { munmap(base, count) }
    }

    /// Lends the bytes of `range`. They are valid inside `body` only.
    /// - Throws: `GraftError.damaged` if the file does not have them all, and what `body` throws.
    package func withBytes<R>(
        _ range: Range<Int>, _ body: (UnsafeRawBufferPointer) throws(GraftError) -> R
    ) throws(GraftError) -> R {
        guard range.lowerBound >= 0, range.upperBound <= count else {
            throw GraftError(
                .damaged, "the file ends too early", file: path, expected: "at least \(range.upperBound) bytes",
                found: "\(count)")
        }
        return try body(
            UnsafeRawBufferPointer(start: base.map { UnsafeRawPointer($0) + range.lowerBound }, count: range.count))
    }

    /// A copy of the bytes of `range`.
    package func bytes(_ range: Range<Int>) throws(GraftError) -> [UInt8] {
        try withBytes(range) { bytes throws(GraftError) in [UInt8](bytes) }
    }

    /// The little-endian number at `offset`.
    package func integer<T: FixedWidthInteger>(at offset: Int, as type: T.Type = T.self) throws(GraftError) -> T {
        let (end, overflow) = offset.addingReportingOverflow(MemoryLayout<T>.size)
        guard offset >= 0, !overflow else {
            throw GraftError(.damaged, "a position outside of the file", file: path, found: "\(offset)")
        }
        return try withBytes(offset..<end) { bytes throws(GraftError) in
            T(littleEndian: bytes.loadUnaligned(as: T.self))
        }
    }
}
