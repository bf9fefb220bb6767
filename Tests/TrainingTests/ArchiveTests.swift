import Data
import Foundation
import TestSupport
import Testing
import Weights
import Zoo

/// Tar archives as Python's tarfile and GNU tar write them, and as nobody should.
@Suite struct ArchiveTests {
    /// One without files is two empty blocks.
    @Test func emptyArchivesAreArchives() throws {
        let empty = [UInt8](repeating: 0, count: 1024)
        #expect(TarReader.recognizes(empty.prefix(512)))
        #expect(!TarReader.recognizes(empty.prefix(100)))
    }

    private let folder = Fixtures.path("archives")

    private func file<Found>(_ bytes: [UInt8], _ body: (String) throws -> Found) throws -> Found {
        let path = NSTemporaryDirectory() + "/graft-archive-\(UUID().uuidString).tar"
        defer { try? FileManager.default.removeItem(atPath: path) }
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        return try body(path)
    }

    private func members(_ path: String) throws -> [[String]] {
        var reader = TarReader(try ByteStream(path: path))
        var found: [[String]] = []
        while let member = try reader.next() { found.append([member.name, Hash.sha256(try reader.content())]) }
        return found
    }

    /// The message of an archive of those bytes, `FILE` in place of its name.
    private func error(_ bytes: [UInt8], sourceLocation: SourceLocation = #_sourceLocation) throws -> String? {
        var line: String?
        try file(bytes) { path in
            do {
                _ = try members(path)
            } catch let error as GraftError {
                line = error.description.replacingOccurrences(of: path, with: "FILE")
            }
        }
        return line
    }

    @Test(arguments: ["ustar", "pax", "gnu"]) func aRealArchive(name: String) throws {
        let data = try Data(contentsOf: URL(fileURLWithPath: "\(folder)/members.json"))
        let expected = try JSONDecoder().decode([String: [[String]]].self, from: data)
        #expect(try members("\(folder)/\(name).tar") == expected["\(name).tar"])
    }

    @Test(arguments: ["ustar", "pax", "gnu"]) func itsPictures(name: String) throws {
        let series = try PictureSeries(["\(folder)/\(name).tar"])
        let cursor = PictureCursor(series, .entries(0..<1)), passing = PictureCursor(series, .entries(0..<1))
        var names: [String] = []
        while let picture = try cursor.next() {
            names.append(String(picture.name.dropFirst("\(folder)/\(name).tar/".count)))
            #expect(try passing.next(withContent: false)?.name == picture.name)
        }
        #expect(try passing.next(withContent: false) == nil)
        let last = names.popLast()
        #expect(last?.hasSuffix("/0003.jpg") == true)
        #expect(names == ["a/0001.jpg", "a/0001.seg.png", "b/0002.JPEG", "b/été 10.webp", "b/empty.png"])
    }

    @Test(arguments: ["gnu", "posix"]) func aFileWithHolesIsNotRead(kind: String) throws {
        let series = try PictureSeries(["\(folder)/holes-\(kind).tar"])
        let cursor = PictureCursor(series, .entries(0..<1))
        let holes = try #require(try cursor.next())
        #expect(holes.name == "\(folder)/holes-\(kind).tar/holes.jpg")
        guard case .none(let reason) = holes.content else { return #expect(Bool(false), "\(holes)") }
        #expect(reason == "a file with holes in an archive")
        guard case .bytes(let bytes)? = try cursor.next()?.content else { return #expect(Bool(false)) }
        #expect(bytes == Array("behind the holes".utf8))
        #expect(try cursor.next() == nil)
    }

    @Test func archivesBehindEachOther() throws {
        let one = TarWriter.bytes([("1.jpg", [1]), ("2.jpg", [2])]), two = TarWriter.bytes([("3.jpg", [3])])
        let both = try file(one + [UInt8](repeating: 0, count: 8192) + two, members)
        #expect(both.map { $0[0] } == ["1.jpg", "2.jpg", "3.jpg"])
        #expect(try file([], members).isEmpty)
        // Without an end, as some programs leave it.
        #expect(try file(TarWriter.member("1.jpg", [1]), members).count == 1)
    }

    @Test func sizesOfAllKinds() throws {
        let content = [UInt8](repeating: 7, count: 700)
        let binary: [UInt8] = [0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 188]
        let extended = TarWriter.member("x", Array("12 size=700\n".utf8), kind: "x")
        for bytes in [
            TarWriter.member("1.jpg", content, size: binary),
            extended + TarWriter.member("1.jpg", content, size: Array("00000000000".utf8)),
            TarWriter.member("g", Array("18 comment=nothing\n".utf8), kind: "g") + TarWriter.member("1.jpg", content),
        ] {
            let found = try file(bytes + TarWriter.member("2.jpg", [1]), members)
            #expect(found == [["1.jpg", Hash.sha256(content)], ["2.jpg", Hash.sha256([1 as UInt8])]])
        }
    }

    @Test func damageIsNamed() throws {
        let whole = TarWriter.bytes([("a/1.jpg", [UInt8](repeating: 1, count: 600)), ("a/2.jpg", [2, 3])])
        let again = "get the archive again, or make it anew"
        #expect(
            try error(Array(whole[..<900]))
                == "FILE: a/1.jpg at byte 512: the archive is cut off in this file: expected 600 bytes, found 388; \(again)"
        )
        #expect(
            try error(Array(whole[..<1700]))
                == "FILE: byte 1536, behind a/1.jpg: the archive is cut off: expected 512 bytes, found 164; \(again)")
        var changed = whole
        changed[1540] ^= 1
        #expect(
            try error(changed)
                == "FILE: byte 1536, behind a/1.jpg: no header where one has to be: found a wrong checksum; \(again)")
        #expect(
            try error(Array("a list\n".utf8))
                == "FILE: byte 0: the archive is cut off: expected 512 bytes, found 7; \(again)")
        #expect(
            try error([UInt8](repeating: 7, count: 600)) == "FILE: not a tar archive: found a wrong checksum at byte 0")
        #expect(
            try error([0x1F, 0x8B] + [UInt8](repeating: 7, count: 600))
                == "FILE: a compressed archive: expected a plain tar file; "
                + "unpack it on the way: gzip -dc FILE | graft predict MODEL -")
        #expect(
            try error(TarWriter.member("1.jpg", [1], size: Array("0000000000z".utf8)))
                == "FILE: byte 0: the size of a member is none: expected octal digits; \(again)")
        // A size that is believed would take all memory.
        let huge: [UInt8] = [0x80, 0, 0, 0, 0, 0, 0x10, 0, 0, 0, 0, 0]
        #expect(
            try error(TarWriter.member("1.jpg", [1], size: huge))
                == "FILE: 1.jpg at byte 512: the archive is cut off in this file: expected 17592186044416 bytes, found 512; \(again)"
        )
        #expect(
            try error(TarWriter.member("1.jpg", [1], size: [0x80] + [UInt8](repeating: 0xFF, count: 11)))
                == "FILE: byte 0: the size of a member is none: expected octal digits; \(again)")
        for (record, found) in [
            ("99 path=a.jpg\n", "a record of the wrong length"), ("path=a.jpg\n", "a record of the wrong length"),
            ("12 patha.jp\n", "a record without a key"), ("12 size=-70\n", "a size that is none"),
        ] {
            #expect(
                try error(TarWriter.member("x", Array(record.utf8), kind: "x") + whole)
                    == "FILE: byte 0: an extended header that cannot be read: found \(found); \(again)")
        }
        #expect(
            try error(
                TarWriter.member("x", Array("12 size=700\n".utf8), kind: "x") + [UInt8](repeating: 0, count: 1024))
                == "FILE: byte 1024: a long name or size without its file; \(again)")
        #expect(
            try error(TarWriter.member("L", [UInt8](repeating: 97, count: 70_000), kind: "L"))
                == "FILE: byte 0: a header too large: expected at most 65536 bytes, found 70000; \(again)")
    }

    @Test func noNameIsAPath() throws {
        for name in ["../../etc/passwd.jpg", "/etc/passwd.jpg"] {
            try file(TarWriter.bytes([(name, [1])])) { path in
                let cursor = PictureCursor(try PictureSeries([path]), .entries(0..<1))
                let picture = try #require(try cursor.next())
                #expect(picture.name == "\(path)/\(name)")
                guard case .bytes(let bytes) = picture.content else { return #expect(Bool(false)) }
                #expect(bytes == [1])
            }
        }
    }
}
