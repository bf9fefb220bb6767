package import Zoo

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Folders by the bytes of their names (`FileName`): Foundation's own functions drop names that are not UTF-8.
package enum FileSystem {
    /// The names in a folder, in no order; nil for one that cannot be read.
    package static func names(in path: String) -> [String]? {
        guard let folder = opendir(path.onDisk) else { return nil }
        defer { closedir(folder) }
        var names: [String] = []
        while true {
            errno = 0
            guard let entry = readdir(folder) else { return errno == 0 ? names : nil }
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 1) { start in
                    FileName.text(UnsafeRawBufferPointer(start: start, count: strlen(start)))
                }
            }
            if name != ".", name != ".." { names.append(name) }
        }
    }

    /// Makes a folder and those above it.
    /// - Returns: whether it is there now; where it is not, `errno` says why.
    package static func makeFolder(_ path: String) -> Bool {
        if mkdir(path.onDisk, 0o777) == 0 || errno == EEXIST && isFolder(path) { return true }
        guard errno == ENOENT, let above = PathText.parent(of: path), above != "/" else { return false }
        return makeFolder(above) && (mkdir(path.onDisk, 0o777) == 0 || isFolder(path))
    }

    /// Removes a file, a link, or a folder with all that is in it, as far as that can be done.
    package static func remove(_ path: String) {
        if unlink(path.onDisk) == 0 || errno == ENOENT { return }
        var status = stat()
        guard lstat(path.onDisk, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else { return }
        for name in names(in: path) ?? [] { remove(PathText.join(path, name)) }
        rmdir(path.onDisk)
    }

    /// Moves a file to where nothing is.
    /// - Returns: whether it was moved; where it was not, `errno` says why.
    package static func move(_ path: String, to target: String) -> Bool {
        guard !exists(target) else {
            errno = EEXIST
            return false
        }
        return rename(path.onDisk, target.onDisk) == 0
    }

    /// Whether something is there, links followed.
    package static func exists(_ path: String) -> Bool { access(path.onDisk, F_OK) == 0 }

    /// Whether a folder is there, links followed.
    package static func isFolder(_ path: String) -> Bool {
        var status = stat()
        return stat(path.onDisk, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    /// The bytes of a small file; of a pipe, what comes until it ends.
    /// - Parameter purpose: what it is to be, for messages: "a configuration".
    /// - Throws: `GraftError` `.unreadable`; `.invalidValue` for more than `limit` bytes.
    package static func read(_ path: String, limit: Int, for purpose: String) throws(GraftError) -> [UInt8] {
        func tooLarge(_ found: String) -> GraftError {
            GraftError(
                .invalidValue, "too large for \(purpose)", file: path, expected: "at most \(limit) bytes", found: found)
        }
        guard isStream(path) else {
            let file = try MappedFile(path: path)
            guard file.count <= limit else { throw tooLarge("\(file.count)") }
            return try file.bytes(0..<file.count)
        }
        let descriptor = open(path.onDisk, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw GraftError(.unreadable, "cannot open the file", file: path, found: SystemError.text(errno))
        }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while bytes.count <= limit {
            let count = chunk.withUnsafeMutableBytes { Self.read(descriptor, $0) }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else {
                throw GraftError(.unreadable, "cannot read the file", file: path, found: SystemError.text(errno))
            }
            if count == 0 { return bytes }
            bytes += chunk[..<count]
        }
        throw tooLarge("more")
    }

    static func read(_ descriptor: Int32, _ buffer: UnsafeMutableRawBufferPointer) -> Int {
        #if canImport(Darwin)
            Darwin.read(descriptor, buffer.baseAddress, buffer.count)
        #elseif canImport(Glibc)
            Glibc.read(descriptor, buffer.baseAddress, buffer.count)
        #elseif canImport(Musl)
            Musl.read(descriptor, buffer.baseAddress, buffer.count)
        #endif
    }

    /// Whether a pipe, socket or terminal is there: what can be read once, and has no length.
    private static func isStream(_ path: String) -> Bool {
        var status = stat()
        guard stat(path.onDisk, &status) == 0 else { return false }
        return [S_IFIFO, S_IFSOCK, S_IFCHR].contains(status.st_mode & S_IFMT)
    }

    /// The length in bytes, the time of the last change in seconds and the file system's own number of the file, links
    /// followed; nil for nothing.
    package static func facts(of path: String) -> (size: Int, changed: Double, number: UInt64)? {
        var status = stat()
        guard stat(path.onDisk, &status) == 0 else { return nil }
        #if canImport(Darwin)
            let time = status.st_mtimespec
        #else
            let time = status.st_mtim
        #endif
        return (
            Int(status.st_size), Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9,
            UInt64(truncatingIfNeeded: status.st_ino)
        )
    }

    /// Says that a file was used now.
    package static func touch(_ path: String) { utimes(path.onDisk, nil) }

    /// This program's own file, links followed; nil where the system does not say.
    package static var program: String? {
        #if canImport(Darwin)
            var size = UInt32(PATH_MAX) + 1
            var name = [CChar](repeating: 0, count: Int(size))
            guard _NSGetExecutablePath(&name, &size) == 0 else { return nil }
        #else
            let name = "/proc/self/exe".onDisk
        #endif
        guard let path = realpath(name, nil) else { return nil }
        defer { free(path) }
        return FileName.text(UnsafeRawBufferPointer(start: path, count: strlen(path)))
    }

    /// The value of a variable of the environment, which may be a path; nil for none or an empty one.
    package static func variable(_ name: String) -> String? {
        guard let value = getenv(name), value.pointee != 0 else { return nil }
        return FileName.text(UnsafeRawBufferPointer(start: value, count: strlen(value)))
    }
}
