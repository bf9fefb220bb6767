import CZlib
package import Zoo

/// One member being read from its beginning to its end, straight into the memory of whoever asks.
///
/// Not for two threads at once; every thread opens its own.
package final class ZipMemberReader {
    private let file: MappedFile
    private let entry: ZipEntry
    private let inflater: Inflater?
    private var consumed = 0
    private var produced = 0
    private var checksum: UInt = 0
    private var ended = false

    package init(_ entry: ZipEntry, of archive: ZipArchive) throws(GraftError) {
        file = archive.file
        self.entry = entry
        switch entry.method {
        case .stored: inflater = nil
        case .deflate:
            guard let inflater = Inflater() else {
                throw GraftError(.unreadable, "not enough memory to unpack", file: file.path, member: entry.name)
            }
            self.inflater = inflater
        }
    }

    /// Bytes not yet read, as the archive declares them.
    package var remaining: Int { entry.size - produced }

    /// Fills `destination` with the next bytes.
    /// - Throws: `GraftError.damaged` if the member has fewer.
    package func read(into destination: UnsafeMutableRawBufferPointer) throws(GraftError) {
        guard destination.count <= remaining else { throw tooShort() }
        guard inflate(into: destination) == destination.count else { throw tooShort() }
        produced += destination.count
        var position = 0
        while position < destination.count {
            let length = min(destination.count - position, 1 << 30)
            checksum = crc32(
                checksum, destination.assumingMemoryBound(to: UInt8.self).baseAddress?.advanced(by: position),
                UInt32(length))
            position += length
        }
    }

    /// The next `count` bytes.
    package func read(_ count: Int) throws(GraftError) -> [UInt8] {
        guard count >= 0, count <= remaining else { throw tooShort() }
        var bytes = [UInt8](repeating: 0, count: count)
        try bytes.withUnsafeMutableBufferPointer { buffer throws(GraftError) in
            try read(into: UnsafeMutableRawBufferPointer(buffer))
        }
        return bytes
    }

    /// Checks that the member ends here, with the declared size and CRC.
    package func finish() throws(GraftError) {
        guard remaining == 0 else {
            throw GraftError(
                .damaged, "the member is longer than it should be", file: file.path, member: entry.name,
                expected: "\(produced) bytes", found: "\(entry.size)")
        }
        // Room for one byte more than declared: a member that fills it is too long, and is not unpacked further.
        var extra: [UInt8] = [0]
        let surplus = extra.withUnsafeMutableBytes { inflate(into: $0) }
        guard surplus == 0 else {
            throw GraftError(
                .damaged, "the member unpacks to more than its declared size", file: file.path, member: entry.name,
                expected: "\(entry.size) bytes", found: "more")
        }
        guard inflater == nil || ended, consumed == entry.compressedSize else { throw damaged() }
        guard UInt32(truncatingIfNeeded: checksum) == entry.crc32 else {
            throw GraftError(
                .damaged, "the member's bytes do not have the CRC that the archive states", file: file.path,
                member: entry.name, remedy: "get the file again")
        }
    }

    /// - Returns: how many bytes were written.
    private func inflate(into destination: UnsafeMutableRawBufferPointer) -> Int {
        let input = entry.dataOffset + consumed..<entry.dataEnd
        guard let inflater else {
            let length = min(destination.count, input.count)
            let copied: Void? = try? file.withBytes(input.lowerBound..<input.lowerBound + length) { bytes in
                destination.copyMemory(from: bytes)
            }
            guard copied != nil else { return 0 }
            consumed += length
            return length
        }
        var written = 0
        let all: Void? = try? file.withBytes(input) { bytes in
            var used = 0
            while !ended, written < destination.count {
                let step = inflater.run(
                    UnsafeRawBufferPointer(rebasing: bytes[used...]),
                    into: UnsafeMutableRawBufferPointer(rebasing: destination[written...]))
                used += step.consumed
                written += step.produced
                ended = step.status == .end
                if step.status == .damaged || step.consumed == 0 && step.produced == 0 { break }
            }
            consumed += used
        }
        return all == nil ? 0 : written
    }

    private func tooShort() -> GraftError {
        GraftError(
            .damaged, "the member's bytes are damaged or end too early", file: file.path, member: entry.name,
            remedy: "get the file again")
    }

    private func damaged() -> GraftError {
        GraftError(
            .damaged, "the member's packed bytes do not end where they should", file: file.path, member: entry.name,
            remedy: "get the file again")
    }
}

extension ZipArchive {
    /// Reads a whole member into `destination`, which must have the member's size.
    package func read(_ entry: ZipEntry, into destination: UnsafeMutableRawBufferPointer) throws(GraftError) {
        let reader = try ZipMemberReader(entry, of: self)
        try reader.read(into: destination)
        try reader.finish()
    }

    /// Reads a whole member.
    /// - Throws: `GraftError.refused`, before any memory is taken, if it is larger than `limit` bytes.
    package func read(_ entry: ZipEntry, limit: Int) throws(GraftError) -> [UInt8] {
        guard entry.size <= limit else {
            throw GraftError(
                .refused, "the member is too large", file: file.path, member: entry.name,
                expected: "at most \(limit) bytes", found: "\(entry.size)")
        }
        let reader = try ZipMemberReader(entry, of: self)
        let bytes = try reader.read(entry.size)
        try reader.finish()
        return bytes
    }
}
