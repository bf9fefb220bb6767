package import Zoo

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// One run an output directory: a lock between processes, and between runs of one process. The system lets go of it when a
/// process ends, however it ends, so that a lock left behind is no obstacle.
package final class RunLock {
    package static let fileName = ".graft-run.lock"

    package let path: String
    private let descriptor: Int32

    /// - Parameter folder: the output directory, which is there.
    /// - Throws: `GraftError` `.file` where another run holds the lock, or the file cannot be made.
    package init(folder: String) throws(GraftError) {
        path = PathText.join(folder, Self.fileName)
        while true {
            let file = open(path.onDisk, O_RDWR | O_CREAT | O_CLOEXEC, 0o666)
            guard file >= 0 else {
                throw GraftError(
                    .file, "the output folder cannot be written", file: folder,
                    remedy: "check its permissions and the disk's space")
            }
            guard flock(file, LOCK_EX | LOCK_NB) == 0 else {
                let holder = Self.process(in: file)
                close(file)
                throw GraftError(
                    .file, "another run\(holder.map { ", process \($0)," } ?? "") is using it", file: folder,
                    remedy: "wait for it, or choose another folder with --output")
            }
            // The one that held it before may have removed the file between the two calls.
            var own = stat()
            var named = stat()
            if fstat(file, &own) == 0, stat(path.onDisk, &named) == 0, own.st_ino == named.st_ino {
                descriptor = file
                break
            }
            close(file)
        }
        let text = "\(getpid())\n"
        ftruncate(descriptor, 0)
        _ = text.withCString { write(descriptor, $0, text.utf8.count) }
    }

    private static func process(in file: Int32) -> Int32? {
        var bytes = [UInt8](repeating: 0, count: 16)
        let count = read(file, &bytes, bytes.count)
        guard count > 0 else { return nil }
        return Int32(String(decoding: bytes[..<count].prefix { $0 != 10 }, as: UTF8.self))
    }

    deinit {
        unlink(path.onDisk)
        close(descriptor)
    }
}
