package import Zoo

/// A zip archive in a mapped file: its members, checked against each other and against the file before any is read.
///
/// The end record must be the last thing in the file, the central directory must end where it begins, every local header
/// must agree with its central one, and no two members may share a byte or a name.
package struct ZipArchive: Sendable {
    /// How much freedom the archive's maker had.
    package enum Mode: Sendable, Hashable {
        /// No comment, and no byte between members or before the first: what `numpy.savez` and Graft write.
        case strict
        /// Comments and unused bytes are passed over: what other tools write.
        case tolerant
    }

    package let file: MappedFile
    /// In the order of the central directory.
    package let entries: [ZipEntry]
    private let indices: [String: Int]

    /// - Throws: `GraftError` (`.damaged`, `.unsupported` or `.refused`) for an archive that is not exactly right.
    package init(
        _ file: MappedFile, mode: Mode = .tolerant, limits: ZipLimits = .weights
    ) throws(GraftError) {
        var directory = try ZipDirectory(file, mode: mode, limits: limits)
        entries = try directory.readEntries()
        try Self.checkLayout(of: entries, before: directory.start, in: file, mode: mode)
        var indices: [String: Int] = [:]
        for (index, entry) in entries.enumerated() {
            // Strings that Unicode holds for equal are one key here, however their accents are composed.
            if let other = indices.updateValue(index, forKey: entry.name) {
                throw GraftError(
                    .damaged, "two members of the archive have the same name", file: file.path,
                    member: entries[other].name)
            }
        }
        self.file = file
        self.indices = indices
    }

    /// Whether the file begins as a zip archive does.
    package static func isZip(_ file: MappedFile) -> Bool {
        guard let signature = try? file.integer(at: 0, as: UInt32.self) else { return false }
        return signature == ZipSignature.localHeader || signature == ZipSignature.end
    }

    /// The member of that name.
    package subscript(name: String) -> ZipEntry? { indices[name].map { entries[$0] } }

    /// Members must lie one after the other, inside the part before the central directory.
    private static func checkLayout(
        of entries: [ZipEntry], before directoryStart: Int, in file: MappedFile, mode: Mode
    ) throws(GraftError) {
        var position = 0
        let ordered = entries.sorted { $0.headerOffset < $1.headerOffset }
        for (index, entry) in ordered.enumerated() {
            guard entry.headerOffset >= position else {
                throw GraftError(
                    .damaged, "overlaps another member of the archive", file: file.path, member: entry.name)
            }
            if mode == .strict, entry.headerOffset != position {
                throw GraftError(
                    .damaged, "unused bytes before a member of the archive", file: file.path, member: entry.name,
                    expected: "0", found: "\(entry.headerOffset - position)")
            }
            position = entry.dataEnd
            if entry.hasDescriptor {
                let next = index + 1 < ordered.count ? ordered[index + 1].headerOffset : directoryStart
                position += try ZipDescriptor.length(after: entry, before: next, in: file)
            }
            guard position <= directoryStart else {
                throw GraftError(
                    .damaged, "reaches into the archive's directory", file: file.path, member: entry.name)
            }
        }
        if mode == .strict, position != directoryStart {
            throw GraftError(
                .damaged, "unused bytes before the archive's directory", file: file.path, expected: "0",
                found: "\(directoryStart - position)")
        }
    }
}

/// The numbers that mark a zip archive's records (PKWARE's APPNOTE 6.3.10, section 4.3).
enum ZipSignature {
    static let localHeader: UInt32 = 0x0403_4b50
    static let centralHeader: UInt32 = 0x0201_4b50
    static let descriptor: UInt32 = 0x0807_4b50
    static let end: UInt32 = 0x0605_4b50
    static let end64: UInt32 = 0x0606_4b50
    static let end64Locator: UInt32 = 0x0706_4b50
}

/// The record that may follow a member's bytes: an optional signature, CRC and both sizes in 4 or 8 bytes each.
enum ZipDescriptor {
    /// Its length, 0 if there is none.
    static func length(after entry: ZipEntry, before next: Int, in file: MappedFile) throws(GraftError) -> Int {
        for (signature, wide) in [(true, false), (true, true), (false, false), (false, true)] {
            let length = (signature ? 4 : 0) + 4 + (wide ? 16 : 8)
            guard next - entry.dataEnd >= length else { continue }
            var position = entry.dataEnd
            if signature {
                guard try file.integer(at: position, as: UInt32.self) == ZipSignature.descriptor else { continue }
                position += 4
            }
            guard try file.integer(at: position, as: UInt32.self) == entry.crc32 else { continue }
            let sizes: (UInt64, UInt64)
            if wide {
                sizes = (try file.integer(at: position + 4), try file.integer(at: position + 12))
            } else {
                sizes = (
                    UInt64(try file.integer(at: position + 4, as: UInt32.self)),
                    UInt64(try file.integer(at: position + 8, as: UInt32.self))
                )
            }
            if sizes == (UInt64(entry.compressedSize), UInt64(entry.size)) { return length }
        }
        throw GraftError(
            .damaged, "the sizes after the member do not agree with the archive's directory", file: file.path,
            member: entry.name)
    }
}
