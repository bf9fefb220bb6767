import Testing
import Weights
import Zoo

@Suite struct ZipArchiveTests {
    let scratch: ScratchDirectory

    init() throws { scratch = try ScratchDirectory() }

    private func open(_ bytes: [UInt8], _ mode: ZipArchive.Mode = .tolerant) throws -> ZipArchive {
        try ZipArchive(MappedFile(path: scratch.write(bytes, to: "a.zip")), mode: mode)
    }

    /// The error of opening the archive and reading every member of it.
    private func failure(_ zip: RawZip, _ mode: ZipArchive.Mode = .tolerant) -> String {
        line(in: scratch) {
            let archive = try open(zip.bytes, mode)
            for entry in archive.entries { _ = try archive.read(entry, limit: 1 << 20) }
        }
    }

    private func failure(_ name: String = "m", _ change: (inout RawZip.Member) -> Void) -> String {
        failure(RawZip([.init(name, Array("hello hello hello".utf8), change)]))
    }

    @Test(arguments: [ZipArchive.Mode.strict, .tolerant])
    func readsStoredAndDeflatedMembers(mode: ZipArchive.Mode) throws {
        let text = [UInt8](repeating: 7, count: 1000)
        let archive = try open(
            RawZip([.init("a", text), .init("b/ä", text) { $0.deflated = true }, .init("empty")]).bytes, mode)
        #expect(archive.entries.map(\.name) == ["a", "b/ä", "empty"])
        #expect(archive.entries.map(\.size) == [1000, 1000, 0])
        for entry in archive.entries.prefix(2) { #expect(try archive.read(entry, limit: 1000) == text) }
        #expect(try archive.read(archive.entries[2], limit: 0) == [])
        #expect(archive["b/ä"]?.method == .deflate)
        #expect(archive["c"] == nil)
    }

    @Test func readsPiecesOfAMember() throws {
        let text = (0..<3000).map { UInt8(truncatingIfNeeded: $0 * $0) }
        let archive = try open(RawZip([.init("a", text) { $0.deflated = true }]).bytes)
        let reader = try ZipMemberReader(archive.entries[0], of: archive)
        #expect(try reader.read(1) == Array(text[..<1]))
        #expect(try reader.read(2000) == Array(text[1..<2001]))
        #expect(reader.remaining == 999)
        #expect(
            line(in: scratch) { try reader.finish() }
                == "a.zip: a: the member is longer than it should be: expected 2001 bytes, found 3000")
        #expect(try reader.read(999) == Array(text[2001...]))
        try reader.finish()
    }

    @Test func refusesAMemberAboveTheLimitBeforeReading() throws {
        let archive = try open(RawZip([.init("a", [1, 2, 3])]).bytes)
        #expect(
            line(in: scratch) { _ = try archive.read(archive.entries[0], limit: 2) }
                == "a.zip: a: the member is too large: expected at most 2 bytes, found 3")
    }

    /// The four forms of a data descriptor that writers use.
    @Test(arguments: [false, true], [false, true])
    func readsDataDescriptors(signature: Bool, wide: Bool) throws {
        let member = RawZip.Member("a", [UInt8](repeating: 9, count: 300)) {
            $0.deflated = true
            $0.flags = 8
            let sizes = ($0.packed.count, $0.content.count)
            $0.descriptor = signature ? le(UInt32(0x0807_4b50)) : []
            $0.descriptor += le($0.checksum)
            $0.descriptor +=
                wide ? le(UInt64(sizes.0)) + le(UInt64(sizes.1)) : le(UInt32(sizes.0)) + le(UInt32(sizes.1))
        }
        let archive = try open(RawZip([member, .init("b", [1])]).bytes, .strict)
        #expect(try archive.read(archive.entries[0], limit: 300) == member.content)
        #expect(try archive.read(archive.entries[1], limit: 300) == [1])
    }

    @Test func refusesAWrongDataDescriptor() {
        #expect(
            failure {
                $0.flags = 8
                $0.descriptor = le(UInt32(0x0807_4b50)) + le($0.checksum) + le(UInt32(17)) + le(UInt32(18))
            } == "a.zip: m: the sizes after the member do not agree with the archive's directory")
    }

    @Test func passesOverPaddingAndCommentsOfOtherWriters() throws {
        // PyTorch pads the local header so that the bytes start at a multiple of 64.
        let padding = le(UInt16(0x4246)) + le(UInt16(13)) + [UInt8](repeating: 0x5a, count: 13)
        var zip = RawZip([
            .init("a", [1, 2]) { $0.localExtra = padding }, .init("b", [3]) { $0.gap = 5 },
        ])
        zip.gap = 3
        zip.comment = Array("made by hand".utf8)
        let archive = try open(zip.bytes)
        #expect(try archive.entries.map { try archive.read($0, limit: 9) } == [[1, 2], [3]])
    }

    @Test func strictModeRefusesUnusedBytes() throws {
        #expect(
            failure(RawZip([.init("a", [1]), .init("b", [3]) { $0.gap = 5 }]), .strict)
                == "a.zip: b: unused bytes before a member of the archive: expected 0, found 5")
        var zip = RawZip([.init("a", [1])])
        zip.gap = 3
        #expect(failure(zip, .strict) == "a.zip: unused bytes before the archive's directory: expected 0, found 3")
        zip.gap = 0
        zip.comment = [65]
        let noEnd =
            "a.zip: the zip archive's end record is missing: the file is cut short or has bytes after its end; "
            + "get the file again"
        #expect(failure(zip, .strict) == noEnd)
        #expect(failure(zip) == "no error")
        zip.trailing = [66]
        #expect(failure(zip) == noEnd)
    }

    @Test func refusesMembersThatShareBytesOrNames() {
        #expect(
            failure(RawZip([.init("a", [1, 2, 3]), .init("a", [4])]))
                == "a.zip: a: two members of the archive have the same name")
        // The accent as one character and as two.
        #expect(
            failure(RawZip([.init("\u{e4}", [1]), .init("a\u{308}", [4])]))
                == "a.zip: \u{e4}: two members of the archive have the same name")
        // Two directory entries for one member: the quoted overlap of zip bombs.
        #expect(
            failure(
                RawZip([
                    .init("a", [1, 2, 3]), .init("b", [4]),
                    .init("a", [1, 2, 3]) {
                        $0.offset = 0
                    },
                ])) == "a.zip: a: overlaps another member of the archive")
    }

    @Test func refusesFieldsThatContradictEachOther() {
        let header = "a.zip: m: the member's own header does not agree with the archive's directory"
        #expect(failure { $0.localMethod = 8 } == header)
        #expect(failure { $0.localSize = 16 } == header)
        #expect(failure { $0.localName = "n" } == "a.zip: m: the member has another name in its own header")
        #expect(
            failure { $0.offset = 3 }
                == "a.zip: m: the member's own header is not where the archive's directory says")
        #expect(
            failure { $0.offset = 4000 }
                == "a.zip: m: the member does not fit into the file: expected at most 48 bytes, "
                + "found 17 bytes at 4000, 17 unpacked")
        #expect(
            failure { ($0.size, $0.compressedSize) = (40, 40) }
                == "a.zip: m: the member does not fit into the file: expected at most 17 bytes, found 40")
        #expect(
            failure { $0.size = 18 }
                == "a.zip: m: no member of that length can unpack to its size: expected 17, found 18")
        #expect(
            failure { $0.crc32 = 1 }
                == "a.zip: m: the member's bytes do not have the CRC that the archive states; get the file again")
        #expect(
            failure {
                $0.centralExtra = [1, 0, 9]; $0.size = .max
            } == "a.zip: m: the member's zip64 field is damaged")
    }

    @Test func stopsInflatingAtTheDeclaredSize() {
        #expect(
            failure { ($0.deflated, $0.size) = (true, 5) }
                == "a.zip: m: the member unpacks to more than its declared size: expected 5 bytes, found more")
        #expect(
            failure { ($0.deflated, $0.size) = (true, 18) }
                == "a.zip: m: the member's bytes are damaged or end too early; get the file again")
        #expect(
            failure { ($0.method, $0.size) = (8, 17) }
                == "a.zip: m: the member's bytes are damaged or end too early; get the file again")
    }

    @Test func refusesWhatItDoesNotRead() {
        #expect(failure { $0.flags = 1 } == "a.zip: m: the member is encrypted")
        #expect(
            failure { $0.method = 12 }
                == "a.zip: m: the member is compressed in another way: expected stored (0) or deflate (8), found method 12"
        )
        #expect(failure { $0.disk = 1 } == "a.zip: m: the zip archive is one of several parts")
        #expect(
            failure("a\0b") { _ in }
                == "a.zip: the zip archive has a member whose name is not UTF-8 text: found 'a\\x00b'")
    }

    @Test func refusesWrongEndRecords() {
        var zip = RawZip([.init("m", [1])])
        zip.count = 2
        #expect(failure(zip) == "a.zip: the zip archive's directory is not where its end record says")
        zip.count = 0
        #expect(failure(zip) == "a.zip: the zip archive's directory has another length than its end record says")
        zip.count = nil
        zip.directoryOffset = 0
        #expect(failure(zip) == "a.zip: the zip archive's directory is not where its end record says")
    }

    @Test func refusesBombsByTheirDeclaredSizes() {
        // A thousand members of 4 MB of zeros, packed 1000 to 1.
        let zeros = [UInt8](repeating: 0, count: 4 << 20)
        let one = RawZip.Member("0", zeros) { $0.deflated = true }
        let packed = one.packed
        let crc = one.checksum
        let zip = RawZip(
            (0..<1000).map { index in
                .init("\(index)", packed) {
                    ($0.method, $0.size, $0.crc32) = (8, UInt32(zeros.count), crc)
                }
            })
        let size = zip.bytes.count
        #expect(
            failure(zip)
                == "a.zip: 64: the zip archive unpacks to far more than its own size: expected at most 20 times "
                + "\(size) bytes, found \(65 * zeros.count)")
        let few = ZipLimits(entries: 999, totalSize: 1 << 20, ratio: 20, ratioAllowance: 1)
        #expect(
            line(in: scratch) { _ = try ZipArchive(MappedFile(path: scratch.file("a.zip")), limits: few) }
                == "a.zip: the zip archive has too many members: expected at most 999, found 1000")
        let small = ZipLimits(entries: 1000, totalSize: 5 << 20, ratio: 2000, ratioAllowance: 1)
        #expect(
            line(in: scratch) { _ = try ZipArchive(MappedFile(path: scratch.file("a.zip")), limits: small) }
                == "a.zip: the zip archive's members are too large: expected at most 5242880 bytes in all, found 8388608"
        )
    }

    /// Whatever one byte is changed to, and wherever the file ends: an error, or the same content.
    @Test func neverCrashesOnDamage() throws {
        let text = Array("a few words, a few words more".utf8)
        let zip = RawZip([
            .init("a", text), .init("b", text) { $0.deflated = true },
            .init("c", text) {
                $0.flags = 8; $0.descriptor = le($0.checksum) + le(UInt32(29)) + le(UInt32(29))
            },
        ])
        let whole = zip.bytes
        var harmless = 0
        for mode in [ZipArchive.Mode.strict, .tolerant] {
            for position in whole.indices {
                for bits: UInt8 in [0x01, 0x80, 0xff] {
                    var bytes = whole
                    bytes[position] ^= bits
                    guard let archive = try? open(bytes, mode),
                        let content = try? archive.entries.map({ try archive.read($0, limit: 1 << 20) })
                    else { continue }
                    harmless += 1
                    #expect(content == [text, text, text], "byte \(position) ^ \(bits)")
                }
                #expect(throws: GraftError.self) { try open(Array(whole[..<position]), mode) }
            }
        }
        // Versions, times, attributes: about 16 bytes of each of the three members.
        #expect(harmless > 100)
    }
}
