package import Zoo

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// A file's or a pipe's bytes from front to back, of which only a buffer is held. Not for two threads.
package final class ByteStream {
    /// What messages call it.
    package let name: String
    /// How many bytes were taken or passed over: the place of the next one.
    package private(set) var position = 0
    /// The length of a regular file at opening; nil for what has none.
    package let count: Int?

    private let descriptor: Int32
    private let isOwned: Bool
    private var buffer = [UInt8](repeating: 0, count: 1 << 18)
    /// The bytes of the buffer that are still to be taken.
    private var held = 0..<0

    /// - Throws: `GraftError` `.unreadable` for what is missing, a folder, or cannot be opened.
    package init(path: String) throws(GraftError) {
        let descriptor = open(path.onDisk, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            let number = errno
            throw GraftError(
                .unreadable, number == ENOENT ? "no such file" : "cannot open the file", file: path,
                found: number == ENOENT ? nil : SystemError.text(number))
        }
        var status = stat()
        let kind = fstat(descriptor, &status) == 0 ? FileKind(mode: UInt32(status.st_mode)) : .other
        guard kind == .regular || kind == .pipe else {
            close(descriptor)
            throw GraftError(
                .unreadable, "not a file that can be read", file: path, expected: FileKind.regular.rawValue,
                found: kind.rawValue)
        }
        name = path
        count = kind == .regular ? Int(status.st_size) : nil
        self.descriptor = descriptor
        isOwned = true
    }

    /// Standard input, of whatever kind it is.
    package init(standardInputAs name: String) {
        self.name = name
        count = nil
        descriptor = STDIN_FILENO
        isOwned = false
    }

    deinit { if isOwned { close(descriptor) } }

    /// The next bytes, left where they are; fewer than `count` only at the end.
    /// - Parameter count: at most 65,536.
    package func peek(_ count: Int) throws(GraftError) -> ArraySlice<UInt8> {
        while held.count < count, try fill() {}
        return buffer[held.lowerBound..<min(held.upperBound, held.lowerBound + count)]
    }

    /// Takes bytes; fewer than `count` only at the end. Memory is taken as they come, whatever `count` says.
    package func read(_ count: Int) throws(GraftError) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(min(count, 1 << 20, self.count ?? .max))
        while bytes.count < count {
            if held.isEmpty { guard try fill() else { break } }
            let taken = min(count - bytes.count, held.count)
            bytes += buffer[held.lowerBound..<held.lowerBound + taken]
            take(taken)
        }
        return bytes
    }

    /// Passes over bytes, without reading those of a regular file.
    /// - Returns: how many there were, fewer than `count` only at the end.
    package func skip(_ count: Int) throws(GraftError) -> Int {
        var passed = min(count, held.count)
        take(passed)
        if let length = self.count, passed < count {
            let far = max(0, min(count - passed, length - position))
            if far > 0, lseek(descriptor, off_t(far), SEEK_CUR) >= 0 {
                position += far
                passed += far
            }
        }
        while passed < count {
            if held.isEmpty { guard try fill() else { break } }
            let taken = min(count - passed, held.count)
            take(taken)
            passed += taken
        }
        return passed
    }

    /// Takes the next line and lends its bytes, without what ends it; nil at the end.
    /// - Parameter limit: the most bytes of a line, at most 131,072.
    /// - Throws: `GraftError` `.tooLarge` for a longer one, and what `body` throws.
    package func withLine<Answer>(
        limit: Int, _ body: (UnsafeRawBufferPointer) throws(GraftError) -> Answer
    ) throws(GraftError) -> Answer? {
        var searched = 0
        while true {
            if let length = newline(from: searched) {
                guard length <= limit else { throw tooLong(limit) }
                return try lend(length, and: 1, body)
            }
            searched = held.count
            guard searched <= limit else { throw tooLong(limit) }
            if try !fill() { return held.isEmpty ? nil : try lend(held.count, and: 0, body) }
        }
    }

    private func lend<Answer>(
        _ length: Int, and more: Int, _ body: (UnsafeRawBufferPointer) throws(GraftError) -> Answer
    ) throws(GraftError) -> Answer {
        let start = held.lowerBound
        take(length + more)
        return try buffer.withUnsafeBufferPointer { bytes throws(GraftError) in
            try body(UnsafeRawBufferPointer(UnsafeBufferPointer(rebasing: bytes[start..<start + length])))
        }
    }

    /// How many bytes stand before the next line feed, of those that are held.
    private func newline(from offset: Int) -> Int? {
        buffer.withUnsafeBytes { bytes in
            guard let base = bytes.baseAddress, offset < held.count else { return nil }
            let start = base + held.lowerBound
            return memchr(start + offset, 10, held.count - offset).map { UnsafeRawPointer($0) - start }
        }
    }

    private func tooLong(_ limit: Int) -> GraftError {
        GraftError(
            .tooLarge, "not a text with one name a line", file: name, member: "byte \(position)",
            expected: "at most \(limit) bytes a line", found: "more")
    }

    private func take(_ count: Int) {
        held = held.lowerBound + count..<held.upperBound
        position += count
    }

    /// Reads more behind what is held.
    /// - Returns: whether there was more.
    private func fill() throws(GraftError) -> Bool {
        if held.lowerBound > 0, held.isEmpty || held.upperBound == buffer.count {
            buffer.withUnsafeMutableBytes { bytes in
                guard let base = bytes.baseAddress else { return }
                memmove(base, base + held.lowerBound, held.count)
            }
            held = 0..<held.count
        }
        while true {
            let free = held.upperBound
            let count = buffer.withUnsafeMutableBytes { bytes in
                FileSystem.read(descriptor, UnsafeMutableRawBufferPointer(rebasing: bytes[free...]))
            }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else {
                throw GraftError(.unreadable, "cannot be read", file: name, found: SystemError.text(errno))
            }
            held = held.lowerBound..<held.upperBound + count
            return count > 0
        }
    }
}
