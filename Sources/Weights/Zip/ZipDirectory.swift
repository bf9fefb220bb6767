import Zoo

/// The end record and the central directory of a zip archive, being read.
struct ZipDirectory {
    private let file: MappedFile
    private let limits: ZipLimits
    private let count: Int
    /// Where the first central header starts.
    let start: Int
    /// Just after the last one.
    private let end: Int

    init(_ file: MappedFile, mode: ZipArchive.Mode, limits: ZipLimits) throws(GraftError) {
        let record = try Self.findEnd(in: file, mode: mode)
        var count = UInt64(try file.integer(at: record + 10, as: UInt16.self))
        var size = UInt64(try file.integer(at: record + 12, as: UInt32.self))
        var start = UInt64(try file.integer(at: record + 16, as: UInt32.self))
        var end = record
        var disks = [
            UInt32(try file.integer(at: record + 4, as: UInt16.self)),
            UInt32(try file.integer(at: record + 6, as: UInt16.self)),
        ]
        var countHere = UInt64(try file.integer(at: record + 8, as: UInt16.self))
        let locator = record - 20
        if locator >= 0, try file.integer(at: locator, as: UInt32.self) == ZipSignature.end64Locator {
            let position = try file.integer(at: locator + 8, as: UInt64.self)
            guard position <= UInt64(max(0, locator - 56)),
                case let record64 = Int(position),
                try file.integer(at: record64, as: UInt32.self) == ZipSignature.end64,
                try file.integer(at: record64 + 4, as: UInt64.self) == UInt64(locator - record64 - 12)
            else {
                throw GraftError(.damaged, "the zip archive's zip64 end record is wrong", file: file.path)
            }
            let wide: [UInt64] = [
                try file.integer(at: record64 + 32), try file.integer(at: record64 + 40),
                try file.integer(at: record64 + 48),
            ]
            let narrow: [(UInt64, UInt64)] = [
                (count, 0xffff), (size, 0xffff_ffff), (start, 0xffff_ffff),
            ]
            for (narrow, wide) in zip(narrow, wide) where narrow.0 != wide && narrow.0 != narrow.1 {
                throw GraftError(.damaged, "the zip archive's two end records disagree", file: file.path)
            }
            (count, size, start) = (wide[0], wide[1], wide[2])
            disks = [
                try file.integer(at: record64 + 16), try file.integer(at: record64 + 20),
                try file.integer(at: locator + 4),
            ]
            countHere = try file.integer(at: record64 + 24)
            end = record64
        }
        guard disks.allSatisfy({ $0 == 0 }), countHere == count else {
            throw GraftError(.unsupported, "the zip archive is one of several parts", file: file.path)
        }
        guard count <= UInt64(limits.entries) else {
            throw GraftError(
                .refused, "the zip archive has too many members", file: file.path,
                expected: "at most \(limits.entries)", found: "\(count)")
        }
        guard start <= UInt64(end), size == UInt64(end) - start, count * 46 <= size else {
            throw GraftError(
                .damaged, "the zip archive's directory is not where its end record says", file: file.path)
        }
        self.file = file
        self.limits = limits
        self.count = Int(count)
        self.start = Int(start)
        self.end = end
    }

    /// The end record is the last one whose comment ends exactly where the file ends.
    private static func findEnd(in file: MappedFile, mode: ZipArchive.Mode) throws(GraftError) -> Int {
        let length = 22
        let first = mode == .strict ? file.count - length : file.count - length - Int(UInt16.max)
        var position = file.count - length
        while position >= max(0, first) {
            if try file.integer(at: position, as: UInt32.self) == ZipSignature.end,
                Int(try file.integer(at: position + 20, as: UInt16.self)) == file.count - length - position
            {
                return position
            }
            position -= 1
        }
        throw GraftError(
            .damaged, "the zip archive's end record is missing: the file is cut short or has bytes after its end",
            file: file.path, remedy: "get the file again")
    }

    mutating func readEntries() throws(GraftError) -> [ZipEntry] {
        var entries: [ZipEntry] = []
        entries.reserveCapacity(count)
        var position = start
        var total = 0
        for _ in 0..<count {
            let entry = try readEntry(at: &position)
            let (sum, overflow) = total.addingReportingOverflow(entry.size)
            guard !overflow, sum <= limits.totalSize else {
                throw GraftError(
                    .refused, "the zip archive's members are too large", file: file.path,
                    expected: "at most \(limits.totalSize) bytes in all", found: overflow ? "more" : "\(sum)")
            }
            guard sum <= limits.ratioAllowance || sum / limits.ratio <= file.count else {
                throw GraftError(
                    .refused, "the zip archive unpacks to far more than its own size", file: file.path,
                    member: entry.name, expected: "at most \(limits.ratio) times \(file.count) bytes", found: "\(sum)")
            }
            total = sum
            entries.append(entry)
        }
        guard position == end else {
            throw GraftError(
                .damaged, "the zip archive's directory has another length than its end record says", file: file.path)
        }
        return entries
    }

    private func readEntry(at position: inout Int) throws(GraftError) -> ZipEntry {
        guard position + 46 <= end, try file.integer(at: position, as: UInt32.self) == ZipSignature.centralHeader else {
            throw GraftError(.damaged, "the zip archive's directory is damaged", file: file.path)
        }
        let nameStart = position + 46
        let nameEnd = nameStart + Int(try file.integer(at: position + 28, as: UInt16.self))
        let extraEnd = nameEnd + Int(try file.integer(at: position + 30, as: UInt16.self))
        let next = extraEnd + Int(try file.integer(at: position + 32, as: UInt16.self))
        guard next <= end else {
            throw GraftError(.damaged, "the zip archive's directory is damaged", file: file.path)
        }
        let nameBytes = try file.bytes(nameStart..<nameEnd)
        guard let name = String(validating: nameBytes, as: UTF8.self), !name.isEmpty, !nameBytes.contains(0) else {
            throw GraftError(
                .unsupported, "the zip archive has a member whose name is not UTF-8 text", file: file.path,
                found: "'\(String(decoding: nameBytes, as: UTF8.self))'")
        }
        func damaged(_ message: String, expected: String? = nil, found: String? = nil) -> GraftError {
            GraftError(.damaged, message, file: file.path, member: name, expected: expected, found: found)
        }
        let flags = try file.integer(at: position + 8, as: UInt16.self)
        // Bit 0 is encryption, 5 a patch, 6 strong encryption, 13 a masked directory.
        guard flags & 0x2061 == 0 else {
            throw GraftError(.unsupported, "the member is encrypted", file: file.path, member: name)
        }
        let methodNumber = try file.integer(at: position + 10, as: UInt16.self)
        guard let method = ZipEntry.Method(rawValue: methodNumber) else {
            throw GraftError(
                .unsupported, "the member is compressed in another way", file: file.path, member: name,
                expected: "stored (0) or deflate (8)", found: "method \(methodNumber)")
        }
        var fields = ZipSizes(
            size: UInt64(try file.integer(at: position + 24, as: UInt32.self)),
            compressedSize: UInt64(try file.integer(at: position + 20, as: UInt32.self)),
            offset: UInt64(try file.integer(at: position + 42, as: UInt32.self)))
        guard try fields.widen(extra: nameEnd..<extraEnd, in: file) else {
            throw damaged("the member's zip64 field is damaged")
        }
        var disk = UInt32(try file.integer(at: position + 34, as: UInt16.self))
        if disk == 0xffff { disk = 0 }
        guard disk == 0 else {
            throw GraftError(.unsupported, "the zip archive is one of several parts", file: file.path, member: name)
        }
        guard fields.offset < UInt64(start), fields.compressedSize <= UInt64(start),
            fields.size <= UInt64(limits.totalSize)
        else {
            throw damaged(
                "the member does not fit into the file", expected: "at most \(start) bytes",
                found: "\(fields.compressedSize) bytes at \(fields.offset), \(fields.size) unpacked")
        }
        // Deflate spends at least one bit on 258 bytes, a stored member is as long as it says.
        let most = method == .stored ? fields.compressedSize : fields.compressedSize * 1032
        guard fields.size <= most, method == .deflate || fields.size == fields.compressedSize else {
            throw damaged(
                "no member of that length can unpack to its size", expected: "\(most)", found: "\(fields.size)")
        }
        let madeBy = try file.integer(at: position + 5, as: UInt8.self)
        let attributes = try file.integer(at: position + 38, as: UInt32.self)
        let crc = try file.integer(at: position + 16, as: UInt32.self)
        let local = try LocalHeader(at: Int(fields.offset), name: nameBytes, displayName: name, in: file)
        let hasDescriptor = flags & 8 != 0
        // A stream's writer did not know CRC and sizes yet, and left 0.
        let agrees =
            local.flags & 0x2069 == flags & 0x2069 && local.method == methodNumber
            && (local.crc32 == crc || hasDescriptor && local.crc32 == 0)
            && (local.size == fields.size || hasDescriptor && local.size == 0)
            && (local.compressedSize == fields.compressedSize || hasDescriptor && local.compressedSize == 0)
        guard agrees else { throw damaged("the member's own header does not agree with the archive's directory") }
        guard local.dataOffset <= start, Int(fields.compressedSize) <= start - local.dataOffset else {
            throw damaged(
                "the member does not fit into the file", expected: "at most \(max(0, start - local.dataOffset)) bytes",
                found: "\(fields.compressedSize)")
        }
        position = next
        return ZipEntry(
            name: name, method: method, compressedSize: Int(fields.compressedSize), size: Int(fields.size), crc32: crc,
            headerOffset: Int(fields.offset), dataOffset: local.dataOffset,
            unixMode: madeBy == 3 ? attributes >> 16 : 0, hasDescriptor: hasDescriptor)
    }
}

/// The fields that zip64 widens: an all-ones value means that the real one is in the extra field, in this order.
private struct ZipSizes {
    var size: UInt64
    var compressedSize: UInt64
    /// nil in a local header, which has none.
    var offset: UInt64

    /// - Returns: false if a value is promised that is not there.
    mutating func widen(extra: Range<Int>, in file: MappedFile) throws(GraftError) -> Bool {
        guard size == 0xffff_ffff || compressedSize == 0xffff_ffff || offset == 0xffff_ffff else { return true }
        var position = extra.lowerBound
        while position + 4 <= extra.upperBound {
            let kind = try file.integer(at: position, as: UInt16.self)
            var field = position + 4
            let end = field + Int(try file.integer(at: position + 2, as: UInt16.self))
            guard end <= extra.upperBound else { return false }
            if kind == 1 {
                for path in [\Self.size, \Self.compressedSize, \Self.offset] where self[keyPath: path] == 0xffff_ffff {
                    guard field + 8 <= end else { return false }
                    self[keyPath: path] = try file.integer(at: field, as: UInt64.self)
                    field += 8
                }
                return true
            }
            position = end
        }
        return false
    }
}

/// What stands before a member's bytes.
private struct LocalHeader {
    let flags: UInt16
    let method: UInt16
    let crc32: UInt32
    let size: UInt64
    let compressedSize: UInt64
    let dataOffset: Int

    init(at offset: Int, name: [UInt8], displayName: String, in file: MappedFile) throws(GraftError) {
        guard try file.integer(at: offset, as: UInt32.self) == ZipSignature.localHeader else {
            throw GraftError(
                .damaged, "the member's own header is not where the archive's directory says", file: file.path,
                member: displayName)
        }
        flags = try file.integer(at: offset + 6)
        method = try file.integer(at: offset + 8)
        crc32 = try file.integer(at: offset + 14)
        let nameStart = offset + 30
        let nameEnd = nameStart + Int(try file.integer(at: offset + 26, as: UInt16.self))
        dataOffset = nameEnd + Int(try file.integer(at: offset + 28, as: UInt16.self))
        guard try file.bytes(nameStart..<nameEnd) == name else {
            throw GraftError(
                .damaged, "the member has another name in its own header", file: file.path, member: displayName)
        }
        var fields = ZipSizes(
            size: UInt64(try file.integer(at: offset + 22, as: UInt32.self)),
            compressedSize: UInt64(try file.integer(at: offset + 18, as: UInt32.self)), offset: 0)
        guard try fields.widen(extra: nameEnd..<dataOffset, in: file) else {
            throw GraftError(
                .damaged, "the member's zip64 field is damaged", file: file.path, member: displayName)
        }
        size = fields.size
        compressedSize = fields.compressedSize
    }
}
