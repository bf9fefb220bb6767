import Testing
import TestSupport
import Weights
import Zoo

/// Changed bytes and cut files: an error or a readable file, never a crash, and never more memory than the file explains.
@Suite struct CheckpointDamageTests {
    private static let names = ["zip.pth", "legacy.pth", "protocol4.pth", "training_legacy.pth", "plain.safetensors"]

    /// Opens and reads `bytes` as a file.
    private static func read(_ bytes: [UInt8], in directory: ScratchDirectory) throws -> StateDict {
        try WeightFile(path: directory.write(bytes, to: "changed")).load()
    }

    private static func bytes(_ name: String) throws -> [UInt8] {
        try readBytes(Fixtures.path("checkpoints/" + name))
    }

    @Test(arguments: names) func cutShort(name: String) throws {
        let folder = try ScratchDirectory()
        let whole = try Self.bytes(name)
        for length in stride(from: 0, to: whole.count, by: 7) {
            #expect(throws: GraftError.self, "\(length) bytes") {
                try Self.read(Array(whole[..<length]), in: folder)
            }
        }
    }

    @Test(arguments: names) func somethingAfterTheEnd(name: String) throws {
        let folder = try ScratchDirectory()
        let whole = try Self.bytes(name)
        #expect(throws: GraftError.self) { try Self.read(whole + [0], in: folder) }
    }

    /// Every third byte with one, several or all bits changed.
    @Test(arguments: names) func changedBytes(name: String) throws {
        let folder = try ScratchDirectory()
        let whole = try Self.bytes(name)
        let golden = try Self.read(whole, in: folder)
        for position in stride(from: name.utf8.count % 3, to: whole.count, by: 3) {
            var changed = whole
            changed[position] ^= [0x01, 0x80, 0xFF, 0x10][position % 4]
            guard let state = try? Self.read(changed, in: folder) else { continue }
            // What still reads has finite values, and no more of them than were there.
            #expect(state.elementCount <= 4 * golden.elementCount, "byte \(position)")
        }
    }

    @Test func aChangedValueIsFoundByItsCRC() throws {
        let folder = try ScratchDirectory()
        var bytes = try Self.bytes("training.pth")
        let file = try WeightFile(path: Fixtures.path("checkpoints/training.pth"))
        let first = try #require(try file.load()["module.0.weight"]?.elements.first)
        let pattern = withUnsafeBytes(of: first.bitPattern.littleEndian) { Array($0) }
        let position = try #require(bytes.indices.dropLast(4).first { Array(bytes[$0..<$0 + 4]) == pattern })
        bytes[position] ^= 1
        let error = try #require(throws: GraftError.self) { try Self.read(bytes, in: folder) }
        #expect(
            error.description == folder.file("changed")
                + ": training/data/0: the member's bytes do not have the CRC that the "
                + "archive states; get the file again")
    }
}
