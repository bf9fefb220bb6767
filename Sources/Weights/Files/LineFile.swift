package import Zoo

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// A file that grows line by line, or record by record, and can be followed while it does.
package final class LineFile {
    private let path: String
    private let writer: FileDescriptorWriter

    /// Begins the file anew.
    /// - Throws: `GraftError.unwritable`
    package convenience init(path: String) throws(GraftError) { try self.init(path, O_TRUNC) }

    /// Goes on with the file, or begins it.
    /// - Throws: `GraftError.unwritable`
    package convenience init(continuing path: String) throws(GraftError) { try self.init(path, O_APPEND) }

    private init(_ path: String, _ mode: Int32) throws(GraftError) {
        let descriptor = open(path.onDisk, O_WRONLY | O_CREAT | O_CLOEXEC | mode, 0o666)
        guard descriptor >= 0 else {
            throw GraftError(.unwritable, "cannot write the file", file: path, found: SystemError.text(errno))
        }
        self.path = path
        writer = FileDescriptorWriter(descriptor)
    }

    /// - Throws: `GraftError.unwritable`
    package func append(_ line: String) throws(GraftError) { try append([UInt8]((line + "\n").utf8)) }

    /// - Throws: `GraftError.unwritable`
    package func append(_ bytes: [UInt8]) throws(GraftError) {
        guard bytes.withUnsafeBytes({ writer.write($0) }) else { throw failure }
    }

    /// What was written is on the disk when this returns.
    /// - Throws: `GraftError.unwritable`
    package func synchronize() throws(GraftError) {
        guard writer.synchronize() else { throw failure }
    }

    private var failure: GraftError {
        GraftError(.unwritable, "cannot write the file", file: path, found: SystemError.text(errno))
    }
}
