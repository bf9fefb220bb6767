package import Zoo

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif
#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Unpacks an archive from somewhere else into a directory, and nowhere else.
package enum ZipExtractor {
    /// Unpacks all members. Every name is checked before the first byte is written; the directory appears when all of it
    /// is there, or not at all.
    /// - Parameter directory: must not exist, or be empty.
    /// - Returns: the number of files.
    /// - Throws: `GraftError`: `.refused` for a path that leads outside, a link, two names that some file systems hold
    ///   for one, or sizes out of proportion; `.damaged` for wrong bytes; `.unwritable`.
    @discardableResult
    package static func extract(
        _ path: String, to directory: String, limits: ZipLimits = .dataSet
    ) throws(GraftError) -> Int {
        let file = try MappedFile(path: path)
        guard ZipArchive.isZip(file) else {
            throw GraftError(.unsupported, "not a zip archive", file: path)
        }
        let archive = try ZipArchive(file, limits: limits)
        try checkNames(of: archive)

        var target = directory
        while target.utf8.count > 1, target.hasSuffix("/") { target.removeLast() }
        if let content = FileSystem.names(in: target) {
            guard content.isEmpty else {
                throw GraftError(
                    .unwritable, "cannot unpack into the directory", file: directory, expected: "an empty one or none",
                    found: "\(content.count) files in it")
            }
        }
        let temporary = target + "." + String(UInt64.random(in: 0 ... .max), radix: 36) + ".part"
        do throws(GraftError) {
            try makeDirectory(temporary, for: directory)
            let count = try write(archive, into: temporary, for: directory)
            guard rename(temporary.onDisk, target.onDisk) == 0 else { throw failure(directory) }
            return count
        } catch {
            FileSystem.remove(temporary)
            throw error
        }
    }

    private static func checkNames(of archive: ZipArchive) throws(GraftError) {
        func refused(_ message: String, _ entry: ZipEntry, found: String? = nil) -> GraftError {
            GraftError(.refused, message, file: archive.file.path, member: entry.name, found: found)
        }
        // Folded, because macOS and Windows hold names that differ in case for one.
        var files: [String: String] = [:]
        var directories: Set<String> = []
        for entry in archive.entries {
            let kind = FileKind(mode: entry.unixMode)
            guard entry.unixMode & 0o170000 == 0 || kind == .regular || kind == .directory else {
                throw refused("neither a file nor a directory", entry, found: kind.rawValue)
            }
            var parts = entry.name.split(separator: "/", omittingEmptySubsequences: false)
            if entry.isDirectory { parts.removeLast() }
            let hasDrive = entry.name.utf8.dropFirst().first == UInt8(ascii: ":")
            let leadsOut = parts.contains { $0.isEmpty || $0 == "." || $0 == ".." }
            guard !hasDrive, !leadsOut, !entry.name.utf8.contains(UInt8(ascii: "\\")) else {
                throw refused("a path that may lead out of the directory", entry)
            }
            var folder = ""
            for part in parts.dropLast() {
                folder += (folder.isEmpty ? "" : "/") + part.lowercased()
                directories.insert(folder)
            }
            let key = parts.joined(separator: "/").lowercased()
            if entry.isDirectory {
                directories.insert(key)
            } else if let other = files.updateValue(entry.name, forKey: key) {
                throw refused("the same name but for case as another member", entry, found: "'\(other)'")
            }
        }
        for entry in archive.entries where !entry.isDirectory && directories.contains(entry.name.lowercased()) {
            throw refused("both a file and a directory", entry)
        }
    }

    private static func write(
        _ archive: ZipArchive, into root: String, for directory: String
    ) throws(GraftError) -> Int {
        var made: Set<Substring> = [""]
        var count = 0
        var chunk = [UInt8](repeating: 0, count: 1 << 20)
        for entry in archive.entries {
            // Up to the last slash: the directories that the member stands in, or is.
            let folder = entry.name.lastIndex(of: "/").map { entry.name[..<$0] } ?? ""
            if !made.contains(folder) {
                var end = folder.startIndex
                while end != folder.endIndex {
                    end = folder[folder.index(after: end)...].firstIndex(of: "/") ?? folder.endIndex
                    if made.insert(folder[..<end]).inserted {
                        try makeDirectory("\(root)/\(folder[..<end])", for: directory)
                    }
                }
            }
            if entry.isDirectory { continue }
            try write(entry, of: archive, to: "\(root)/\(entry.name)", chunk: &chunk, for: directory)
            count += 1
        }
        return count
    }

    private static func write(
        _ entry: ZipEntry, of archive: ZipArchive, to path: String, chunk: inout [UInt8], for directory: String
    ) throws(GraftError) {
        let reader = try ZipMemberReader(entry, of: archive)
        let descriptor = open(path.onDisk, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o666)
        guard descriptor >= 0 else { throw failure(directory, member: entry.name) }
        let output = FileDescriptorWriter(descriptor)
        while reader.remaining > 0 {
            let length = min(reader.remaining, chunk.count)
            try chunk.withUnsafeMutableBufferPointer { buffer throws(GraftError) in
                let part = UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[..<length])
                try reader.read(into: part)
                guard output.write(UnsafeRawBufferPointer(part)) else { throw failure(directory, member: entry.name) }
            }
        }
        try reader.finish()
        guard output.close() else { throw failure(directory, member: entry.name) }
    }

    private static func makeDirectory(_ path: String, for directory: String) throws(GraftError) {
        guard mkdir(path.onDisk, 0o777) == 0 else { throw failure(directory) }
    }

    private static func failure(_ directory: String, member: String? = nil) -> GraftError {
        GraftError(
            .unwritable, "cannot unpack into the directory", file: directory, member: member,
            found: SystemError.text(errno), remedy: "nothing was written")
    }
}
