import Foundation
import Testing
import Weights

@Suite struct FilesTests {
    let scratch: ScratchDirectory

    init() throws { scratch = try ScratchDirectory() }

    @Test func mapsAFile() throws {
        let file = try MappedFile(path: scratch.write([1, 2, 3, 4, 0xff], to: "f"))
        #expect(file.count == 5)
        #expect(try file.bytes(1..<3) == [2, 3])
        #expect(try file.bytes(5..<5) == [])
        #expect(try file.integer(at: 0, as: UInt32.self) == 0x0403_0201)
        #expect(try file.integer(at: 3, as: UInt16.self) == 0xff04)
        #expect(
            line(in: scratch) { _ = try file.integer(at: 2, as: UInt32.self) }
                == "f: the file ends too early: expected at least 6 bytes, found 5")
        for offset in [-1, Int.max] {
            #expect(
                line(in: scratch) { _ = try file.integer(at: offset, as: UInt16.self) }
                    == "f: a position outside of the file: found \(offset)")
        }
        #expect(try MappedFile(path: scratch.write([], to: "empty")).bytes(0..<0) == [])
    }

    @Test func refusesWhatIsNoFile() throws {
        #expect(line(in: scratch) { _ = try MappedFile(path: scratch.file("none")) } == "none: no such file")
        #expect(
            line { _ = try MappedFile(path: scratch.path) }
                == "\(scratch.path): not a file that can be read: expected a regular file, found a directory")
        #expect(mkfifo(scratch.file("pipe"), 0o600) == 0)
        #expect(
            line(in: scratch) { _ = try MappedFile(path: scratch.file("pipe")) }
                == "pipe: not a file that can be read: expected a regular file, found a named pipe")
    }

    @Test func hashesAsTheStandardSays() throws {
        // FIPS 180-4's examples.
        #expect(Hash.sha256("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        #expect(Hash.sha256("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
        var stream = Hash.Stream()
        stream.update("a")
        stream.update("bc")
        #expect(stream.hex() == Hash.sha256("abc"))
        #expect(try Hash.sha256(file: scratch.write(Array("abc".utf8), to: "f")) == Hash.sha256("abc"))
        #expect(Hash.isHash(Hash.sha256("")))
        #expect(!Hash.isHash(Hash.sha256("").uppercased()))
        #expect(!Hash.isHash("abc"))
    }

    @Test func writesAllOrNothing() throws {
        let path = scratch.file("f")
        let big = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 >> 4) }
        let file = try AtomicFile(path: path)
        try file.write("head")
        try file.write(big)
        try file.write([9])
        #expect(file.position == 300_005)
        #expect(!FileManager.default.fileExists(atPath: path))
        try file.commit()
        #expect(try readBytes(path) == Array("head".utf8) + big + [9])

        do {
            let dropped = try AtomicFile(path: path)
            try dropped.write(big)
        }
        #expect(try readBytes(path).count == 300_005)
        #expect(try scratch.content == ["f"])
    }

    @Test func keepsLinksAndPermissions() throws {
        let path = try scratch.write([1], to: "f")
        try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: path)
        try FileManager.default.createSymbolicLink(atPath: scratch.file("link"), withDestinationPath: path)
        try AtomicFile.write([2], to: scratch.file("link"))
        #expect(try readBytes(path) == [2])
        #expect(try FileManager.default.destinationOfSymbolicLink(atPath: scratch.file("link")) == path)
        #expect(try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int == 0o640)
    }

    @Test func saysWhyItCannotWrite() throws {
        #expect(
            line(in: scratch) { try AtomicFile.write([1], to: scratch.file("no/f")) }
                == "no/f: cannot write the file: found no such file or directory; nothing was written")
        #expect(
            line { try AtomicFile.write([1], to: scratch.path) }
                == "\(scratch.path): cannot write the file: expected a regular file or none, found a directory")
        #expect(
            line { try AtomicFile.write([1], to: "/dev/null") }
                == "/dev/null: cannot write the file: expected a regular file or none, found a device")
        #expect(try scratch.content == [])
    }
}
