package import Zoo

/// A zip archive being written. Equal members in equal order give equal bytes: every timestamp is 1 January 1980.
package struct ZipWriter {
    private let file: AtomicFile
    private var directory: [UInt8] = []
    private var count = 0
    /// From this length on, a number is written in zip64's 8 bytes. Lower in tests only.
    private let wideFrom: Int

    package init(_ file: AtomicFile) { self.init(file, wideFrom: 0xffff_ffff) }

    package init(_ file: AtomicFile, wideFrom: Int) {
        self.file = file
        self.wideFrom = wideFrom
    }

    /// Adds a member that is packed already.
    package mutating func add(_ member: ZipMember) throws(GraftError) {
        let method = member.isDeflated ? ZipEntry.Method.deflate : .stored
        let fields = Fields(
            name: member.name, method: method, crc32: member.crc32, compressedSize: member.bytes.count,
            size: member.size)
        try addHeader(fields, alignment: 1)
        try file.write(member.bytes)
    }

    /// Adds a member as it is, made of pieces that stand one after the other.
    /// - Parameter alignment: the position of the member's first byte in the file is a multiple of it.
    package mutating func addStored(
        _ name: String, _ pieces: [UnsafeRawBufferPointer], alignment: Int = 1
    ) throws(GraftError) {
        let size = pieces.reduce(0) { $0 + $1.count }
        let fields = Fields(
            name: name, method: .stored, crc32: Deflater.checksum(pieces), compressedSize: size, size: size)
        try addHeader(fields, alignment: alignment)
        for piece in pieces { try file.write(piece) }
    }

    /// Writes the directory. The file is still to be committed.
    package func finish() throws(GraftError) {
        let start = file.position
        try file.write(directory)
        let end = file.position
        var record = LittleEndianBytes()
        if count >= 0xffff || start >= wideFrom || end - start >= wideFrom {
            record.append(ZipSignature.end64)
            record.append(UInt64(44))
            record.append(Self.madeBy)
            record.append(UInt16(45))
            record.append(UInt32(0))
            record.append(UInt32(0))
            for value in [count, count, end - start, start] { record.append(UInt64(value)) }
            record.append(ZipSignature.end64Locator)
            record.append(UInt32(0))
            record.append(UInt64(end))
            record.append(UInt32(1))
        }
        record.append(ZipSignature.end)
        record.append(UInt32(0))
        record.append(UInt16(clamping: count))
        record.append(UInt16(clamping: count))
        record.append(narrow(end - start))
        record.append(narrow(start))
        record.append(UInt16(0))
        try file.write(record.bytes)
    }

    private struct Fields {
        let name: String
        let method: ZipEntry.Method
        let crc32: UInt32
        let compressedSize: Int
        let size: Int
    }

    /// Unix, version 2.0.
    private static let madeBy: UInt16 = 3 << 8 | 20

    private func narrow(_ value: Int) -> UInt32 { value >= wideFrom ? .max : UInt32(value) }

    private mutating func addHeader(_ fields: Fields, alignment: Int) throws(GraftError) {
        let name = [UInt8](fields.name.utf8)
        guard !name.isEmpty, name.count <= 0xffff else {
            throw GraftError(
                .unwritable, "cannot name an archive's member so", file: file.path, member: fields.name,
                expected: "1 to 65535 bytes", found: "\(name.count)")
        }
        let offset = file.position
        let isLarge = fields.size >= wideFrom || fields.compressedSize >= wideFrom
        var sizes = LittleEndianBytes()
        if isLarge {
            sizes.append(UInt64(fields.size))
            sizes.append(UInt64(fields.compressedSize))
        }
        var common = LittleEndianBytes()
        common.append(UInt16(isLarge || offset >= wideFrom ? 45 : 20))
        common.append(UInt16(fields.name.utf8.allSatisfy { $0 < 0x80 } ? 0 : 0x0800))
        common.append(fields.method.rawValue)
        // 00:00:00 on 1980-01-01.
        common.append(UInt16(0))
        common.append(UInt16(0x0021))
        common.append(fields.crc32)
        common.append(isLarge ? .max : UInt32(fields.compressedSize))
        common.append(isLarge ? .max : UInt32(fields.size))
        common.append(UInt16(name.count))

        var extra = LittleEndianBytes()
        if isLarge { extra.append(field: 1, sizes.bytes) }
        let start = offset + 30 + name.count + extra.bytes.count
        if alignment > 1, start % alignment != 0 {
            // Android's alignment field: the multiple, then padding.
            let padding = (alignment - (start + 6) % alignment) % alignment
            extra.append(
                field: 0xd935, LittleEndianBytes(UInt16(alignment)).bytes + [UInt8](repeating: 0, count: padding))
        }
        var local = LittleEndianBytes(ZipSignature.localHeader)
        local.bytes += common.bytes
        local.append(UInt16(extra.bytes.count))
        try file.write(local.bytes + name + extra.bytes)

        if offset >= wideFrom { sizes.append(UInt64(offset)) }
        var wide = LittleEndianBytes()
        if !sizes.bytes.isEmpty { wide.append(field: 1, sizes.bytes) }
        var central = LittleEndianBytes(ZipSignature.centralHeader)
        central.append(Self.madeBy)
        central.bytes += common.bytes
        central.append(UInt16(wide.bytes.count))
        // Comment, disk, internal attributes.
        for _ in 0..<3 { central.append(UInt16(0)) }
        // A regular file, readable by all.
        central.append(UInt32(0o100644) << 16)
        central.append(narrow(offset))
        directory += central.bytes + name + wide.bytes
        count += 1
    }
}

/// A member ready to be written. Packing needs no file, so members are packed on several threads.
package struct ZipMember: Sendable {
    let name: String
    let bytes: [UInt8]
    let isDeflated: Bool
    let size: Int
    let crc32: UInt32

    /// Deflates the pieces, or keeps them as they are where that is shorter.
    /// - Parameter level: 1 (fast) to 9 (small).
    package init(_ name: String, _ pieces: [UnsafeRawBufferPointer], level: Int) {
        self.name = name
        size = pieces.reduce(0) { $0 + $1.count }
        crc32 = Deflater.checksum(pieces)
        if let packed = Deflater.pack(pieces, level: level), packed.count < size {
            bytes = packed
            isDeflated = true
        } else {
            var bytes: [UInt8] = []
            bytes.reserveCapacity(size)
            for piece in pieces { bytes.append(contentsOf: piece) }
            self.bytes = bytes
            isDeflated = false
        }
    }
}

/// Numbers appended as little-endian bytes.
struct LittleEndianBytes {
    var bytes: [UInt8] = []

    init() {}

    init(_ value: some FixedWidthInteger) { append(value) }

    mutating func append(_ value: some FixedWidthInteger) {
        withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
    }

    /// A zip extra field.
    mutating func append(field kind: UInt16, _ content: [UInt8]) {
        append(kind)
        append(UInt16(content.count))
        bytes += content
    }
}
