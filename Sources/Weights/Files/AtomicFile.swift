package import Zoo

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// A file that appears whole or not at all: written under another name in the same directory, then renamed.
///
/// Dropped without `commit`, it leaves nothing behind and an older file of that name untouched. Not for two threads.
package final class AtomicFile {
    /// The file as the user named it.
    package let path: String
    /// Bytes written so far.
    package private(set) var position = 0
    /// Where a symbolic link leads: the link stays.
    private let target: String
    private let temporary: String
    private let output: FileDescriptorWriter
    private let isDurable: Bool
    private var buffer: [UInt8] = []

    private static let bufferSize = 1 << 16

    /// - Parameter isDurable: whether to wait for the disk, so that the file is whole even after a power cut. Not worth it for
    ///   thousands of small files that are made again in a moment.
    /// - Throws: `GraftError.unwritable` where no such file can be made.
    package init(path: String, isDurable: Bool = true) throws(GraftError) {
        self.path = path
        self.isDurable = isDurable
        var status = stat()
        var mode: mode_t?
        if stat(path.onDisk, &status) == 0 {
            let kind = FileKind(mode: UInt32(status.st_mode))
            guard kind == .regular else {
                throw GraftError(
                    .unwritable, "cannot write the file", file: path, expected: "a regular file or none",
                    found: kind.rawValue)
            }
            mode = status.st_mode & 0o7777
        }
        let target = Self.resolved(path)
        let slash = target.utf8.lastIndex(of: UInt8(ascii: "/"))
        let directory = slash.map { target[...$0] } ?? ""
        let name = slash.map { target[target.utf8.index(after: $0)...] } ?? target[...]
        self.target = target
        guard !name.isEmpty else {
            throw GraftError(.unwritable, "cannot write the file", file: path, found: "a path without a file name")
        }
        let tag = String(UInt64.random(in: 0 ... .max), radix: 36)
        temporary = "\(directory).\(name.prefix(48)).\(tag).part"
        let descriptor = open(temporary.onDisk, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else { throw Self.failure(path) }
        output = FileDescriptorWriter(descriptor)
        if let mode { output.setMode(mode) }
        buffer.reserveCapacity(Self.bufferSize)
    }

    deinit {
        // Still open: not committed.
        if output.isOpen { unlink(temporary.onDisk) }
    }

    package func write(_ bytes: UnsafeRawBufferPointer) throws(GraftError) {
        position += bytes.count
        if buffer.count + bytes.count <= Self.bufferSize {
            buffer.append(contentsOf: bytes)
            return
        }
        try flush()
        if bytes.count < Self.bufferSize {
            buffer.append(contentsOf: bytes)
        } else {
            try writeNow(bytes)
        }
    }

    package func write(_ bytes: [UInt8]) throws(GraftError) {
        try bytes.withUnsafeBufferPointer { buffer throws(GraftError) in
            try write(UnsafeRawBufferPointer(buffer))
        }
    }

    package func write(_ text: String) throws(GraftError) { try write([UInt8](text.utf8)) }

    /// Makes the file appear, once its bytes are on the disk or on the way to it.
    package func commit() throws(GraftError) {
        try flush()
        guard !isDurable || output.synchronize(), rename(temporary.onDisk, target.onDisk) == 0, output.close() else {
            throw Self.failure(path)
        }
    }

    /// Writes a whole file.
    package static func write(_ bytes: [UInt8], to path: String, isDurable: Bool = true) throws(GraftError) {
        let file = try AtomicFile(path: path, isDurable: isDurable)
        try file.write(bytes)
        try file.commit()
    }

    /// Writes a whole file of UTF-8 text.
    package static func write(_ text: String, to path: String) throws(GraftError) {
        try write([UInt8](text.utf8), to: path)
    }

    private func flush() throws(GraftError) {
        guard !buffer.isEmpty else { return }
        try buffer.withUnsafeBufferPointer { bytes throws(GraftError) in
            try writeNow(UnsafeRawBufferPointer(bytes))
        }
        buffer.removeAll(keepingCapacity: true)
    }

    private func writeNow(_ bytes: UnsafeRawBufferPointer) throws(GraftError) {
        guard output.write(bytes) else { throw Self.failure(path) }
    }

    private static func failure(_ path: String) -> GraftError {
        GraftError(
            .unwritable, "cannot write the file", file: path, found: SystemError.text(errno),
            remedy: "nothing was written")
    }

    /// The file that a symbolic link stands for, else the path itself.
    private static func resolved(_ path: String) -> String {
        var status = stat()
        guard lstat(path.onDisk, &status) == 0, FileKind(mode: UInt32(status.st_mode)) == .symbolicLink,
            let real = realpath(path.onDisk, nil)
        else { return path }
        defer { free(real) }
        return FileName.text(UnsafeRawBufferPointer(start: real, count: strlen(real)))
    }
}
