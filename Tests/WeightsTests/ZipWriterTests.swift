import Testing
import Weights

@Suite struct ZipWriterTests {
    let scratch: ScratchDirectory

    init() throws { scratch = try ScratchDirectory() }

    private func write(
        _ members: [(String, [UInt8])], alignment: Int = 1, wideFrom: Int = 0xffff_ffff, level: Int? = nil
    ) throws -> String {
        let file = try AtomicFile(path: scratch.file("w.zip"))
        var writer = ZipWriter(file, wideFrom: wideFrom)
        for (name, content) in members {
            try content.withUnsafeBytes {
                if let level {
                    try writer.add(ZipMember(name, [$0], level: level))
                } else {
                    try writer.addStored(name, [$0], alignment: alignment)
                }
            }
        }
        try writer.finish()
        try file.commit()
        return file.path
    }

    private func read(_ path: String) throws -> [(ZipEntry, [UInt8])] {
        let archive = try ZipArchive(MappedFile(path: path), mode: .strict)
        return try archive.entries.map { ($0, try archive.read($0, limit: 1 << 20)) }
    }

    @Test(arguments: [nil, 1, 6, 9], [0xffff_ffff, 50, 0])
    func readsBackWhatItWrites(level: Int?, wideFrom: Int) throws {
        let members: [(String, [UInt8])] = [
            ("a", []), ("zeros", [UInt8](repeating: 0, count: 200_000)),
            (
                "ü/noise",
                (0..<5000).map { UInt8(truncatingIfNeeded: (UInt64($0 &* $0 &* $0) &* 0x9e37_79b9_7f4a_7c15) >> 40) }
            ),
        ]
        let found = try read(write(members, alignment: 64, wideFrom: wideFrom, level: level))
        #expect(found.map(\.0.name) == members.map(\.0))
        #expect(found.map(\.1) == members.map(\.1))
        if level == nil { #expect(found.allSatisfy { $0.0.dataOffset % 64 == 0 && $0.0.method == .stored }) }
        // Incompressible bytes are kept as they are.
        if level != nil { #expect(found.map(\.0.method) == [.stored, .deflate, .stored]) }
    }

    @Test func alignsEveryLengthOfName() throws {
        let members = (1...130).map { (String(repeating: "n", count: $0), [UInt8(1)]) }
        #expect(try read(write(members, alignment: 64)).allSatisfy { $0.0.dataOffset % 64 == 0 })
    }

    @Test func equalMembersGiveEqualBytes() throws {
        let members: [(String, [UInt8])] = [("a", [1, 2, 3]), ("b", [UInt8](repeating: 5, count: 999))]
        let first = try readBytes(write(members, level: 6))
        #expect(try readBytes(write(members, level: 6)) == first)
    }

    @Test func writesMoreMembersThanTheOldFormatCounts() throws {
        let members = (0..<70_000).map { ("\($0)", [UInt8]()) }
        let archive = try ZipArchive(MappedFile(path: write(members)), mode: .strict)
        #expect(archive.entries.count == 70_000)
        #expect(archive.entries.last?.name == "69999")
    }
}
