package import Zoo

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The content of a regular file of at most `limit` bytes. Directories, pipes and devices are refused: reading one
/// could block or never end.
package func readFile(_ path: String, limit: Int) throws(GraftError) -> [UInt8] {
    guard !path.utf8.contains(0) else { throw GraftError(.missingFile, "no such file", file: path) }
    // Without O_NONBLOCK, opening a pipe waits for its writer.
    let descriptor = open(path.onDisk, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
    guard descriptor >= 0 else {
        let code = errno
        guard code != ENOENT, code != ENOTDIR else {
            throw GraftError(.missingFile, "no such file", file: path)
        }
        throw GraftError(.unreadable, "the file cannot be opened", file: path, found: explanation(of: code))
    }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
        throw GraftError(.unreadable, "the file cannot be read", file: path, found: explanation(of: errno))
    }
    if let kind = kindOfNonFile(status) {
        throw GraftError(
            .notAFile, "not a file", file: path, expected: "a file of \(PictureFormats.names)", found: kind)
    }
    let size = Int(status.st_size)
    guard size <= limit else {
        throw GraftError(
            .tooLarge, "file too large", file: path, expected: "at most \(limit) bytes", found: "\(size) bytes")
    }
    // One byte more than there should be, to see the end.
    var failure: Int32 = 0
    let bytes = [UInt8](unsafeUninitializedCapacity: size + 1) { buffer, count in
        while count < buffer.count {
            let read = read(descriptor, buffer.baseAddress.map { $0 + count }, buffer.count - count)
            if read < 0, errno == EINTR { continue }
            if read < 0 { failure = errno }
            guard read > 0 else { return }
            count += read
        }
    }
    guard failure == 0 else {
        throw GraftError(.unreadable, "the file cannot be read", file: path, found: explanation(of: failure))
    }
    guard bytes.count == size else {
        throw GraftError(
            .unreadable, "the file's size changed while it was read", file: path, expected: "\(size) bytes",
            found: bytes.count > size ? "more" : "\(bytes.count)")
    }
    return bytes
}

/// nil for a regular file.
private func kindOfNonFile(_ status: stat) -> String? {
    switch status.st_mode & mode_t(S_IFMT) {
    case mode_t(S_IFREG): nil
    case mode_t(S_IFDIR): "a directory"
    case mode_t(S_IFIFO): "a pipe"
    case mode_t(S_IFSOCK): "a socket"
    default: "a device"
    }
}

private func explanation(of code: Int32) -> String {
    strerror(code).map { String(cString: $0).lowercased() } ?? "error \(code)"
}
