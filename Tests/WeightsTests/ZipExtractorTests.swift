import Foundation
import Testing
import Weights

@Suite struct ZipExtractorTests {
    let scratch: ScratchDirectory

    init() throws { scratch = try ScratchDirectory() }

    private func extract(_ members: [RawZip.Member], to name: String = "out") -> String {
        line(in: scratch) {
            let path = try scratch.write(RawZip(members).bytes, to: "a.zip")
            try ZipExtractor.extract(path, to: scratch.file(name))
        }
    }

    @Test func unpacksFilesAndDirectories() throws {
        let big = (0..<2_500_000).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) }
        let zip = RawZip([
            .init("train/"), .init("train/pizza/1.jpg", [1, 2]), .init("train/pizza/Ä b.jpg", [3]), .init("empty/x/"),
            .init("big", big) { $0.deflated = true }, .init("link?") { $0.unixMode = 0o100644 },
        ])
        let path = try scratch.write(zip.bytes, to: "a.zip")
        #expect(try ZipExtractor.extract(path, to: scratch.file("out/")) == 4)
        #expect(try readBytes(scratch.file("out/train/pizza/1.jpg")) == [1, 2])
        #expect(try readBytes(scratch.file("out/train/pizza/Ä b.jpg")) == [3])
        #expect(try readBytes(scratch.file("out/big")) == big)
        var isDirectory: ObjCBool = false
        #expect(FileManager.default.fileExists(atPath: scratch.file("out/empty/x"), isDirectory: &isDirectory))
        #expect(isDirectory.boolValue)
        #expect(try scratch.content == ["a.zip", "out"])
        #expect(
            extract([.init("a", [1])])
                == "out: cannot unpack into the directory: expected an empty one or none, found 4 files in it")
    }

    @Test(arguments: [
        "../a", "x/../../a", "/etc/passwd", "x/..", "..", "./a", "x//a", "..\\a", "C:\\a", "C:a", "\\\\server\\a", "/",
    ])
    func refusesPathsThatLeadOut(name: String) throws {
        #expect(
            extract([.init("fine", [1]), .init(name, [1])])
                == "a.zip: \(name): a path that may lead out of the directory")
        #expect(try scratch.content == ["a.zip"])
    }

    @Test func refusesLinksAndTwins() throws {
        #expect(
            extract([.init("link", Array("/etc".utf8)) { $0.unixMode = 0o120777 }, .init("link/x", [1])])
                == "a.zip: link: neither a file nor a directory: found a symbolic link")
        #expect(
            extract([.init("dev") { $0.unixMode = 0o020666 }])
                == "a.zip: dev: neither a file nor a directory: found a device")
        #expect(
            extract([.init("A.jpg", [1]), .init("a.JPG", [2])])
                == "a.zip: a.JPG: the same name but for case as another member: found 'A.jpg'")
        #expect(extract([.init("a", [1]), .init("A/b", [2])]) == "a.zip: a: both a file and a directory")
        #expect(try scratch.content == ["a.zip"])
    }

    @Test func leavesNothingOfADamagedArchive() throws {
        #expect(
            extract([.init("x/a", [1]), .init("x/b", [1]) { $0.crc32 = 7 }])
                == "a.zip: x/b: the member's bytes do not have the CRC that the archive states; get the file again")
        #expect(
            extract([.init(String(repeating: "n", count: 300), [1])])
                == "out: \(String(repeating: "n", count: 300)): cannot unpack into the directory: "
                + "found file name too long; nothing was written")
        #expect(try scratch.content == ["a.zip"])
        #expect(
            extract([.init("a", [1])], to: "no/such/out")
                == "no/such/out: cannot unpack into the directory: found no such file or directory; nothing was written"
        )
        let text = try scratch.write(Array("hello".utf8), to: "a.txt")
        #expect(
            line(in: scratch) { try ZipExtractor.extract(text, to: scratch.file("out")) } == "a.txt: not a zip archive")
    }
}
