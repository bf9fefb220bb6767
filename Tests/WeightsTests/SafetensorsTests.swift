import Testing
import TestSupport
import Weights
import Zoo

@Suite struct SafetensorsTests {
    @Test func everyType() throws {
        let found = try CheckpointTests.open("plain.safetensors").load()
        let expected = try CheckpointTests.open("values.npz").load()
        #expect(found.names.sorted() == expected.names.sorted())
        for name in expected.names {
            #expect(found[name]?.shape == expected[name]?.shape, "\(name)")
            #expect(
                found[name]?.elements.map(\.bitPattern) == expected[name]?.elements.map(\.bitPattern), "\(name)")
        }
    }

    /// A file of that header and `count` bytes of zeros.
    private static func file(_ header: String, _ count: Int) -> [UInt8] {
        var length = UInt64(header.utf8.count).littleEndian
        return withUnsafeBytes(of: &length) { Array($0) } + Array(header.utf8) + [UInt8](repeating: 0, count: count)
    }

    private static func tensor(_ name: String, _ begin: Int, _ end: Int, type: String = "F32", shape: String = "2")
        -> String
    {
        "\"\(name)\":{\"dtype\":\"\(type)\",\"shape\":[\(shape)],\"data_offsets\":[\(begin),\(end)]}"
    }

    @Test func escapesInNames() throws {
        let directory = try ScratchDirectory()
        let header =
            "{ \"a\\u00fc\\ud83d\\ude00\\n\" : { \"shape\":[ 2 ], \"data_offsets\":[0,8] ,\"dtype\":\"F32\"} }  "
        let path = try directory.write(Self.file(header, 8), to: "f")
        #expect(try WeightFile(path: path).load().names == ["aü😀\n"])
    }

    @Test(arguments: [
        (
            "{\(tensor("a", 0, 8)),\(tensor("b", 4, 12))}", 12,
            "b: overlaps another tensor: expected byte 124, found byte 120"
        ),
        (
            "{\(tensor("a", 0, 8)),\(tensor("b", 12, 20))}", 20,
            "b: unused bytes before the tensor: expected byte 125, found byte 129"
        ),
        ("{\(tensor("a", 0, 8))}", 9, "bytes after the last tensor: expected 70 bytes, found 71"),
        ("{\(tensor("a", 0, 8))}", 7, "a: the tensor's bytes are not in the file: expected at most 7, found 0 to 8"),
        ("{\(tensor("a", 0, 4))}", 4, "a: the tensor's shape does not fit its bytes: expected 8 bytes, found 4"),
        ("{\(tensor("a", 8, 0))}", 8, "a: the tensor's bytes are not in the file: expected at most 8, found 8 to 0"),
        (
            "{\(tensor("a", 0, 8, shape: "4294967296,4294967296"))}", 8,
            "a: an impossible shape: found [4294967296, 4294967296]"
        ),
        (
            "{\(tensor("a", 0, 2, type: "F6_E2M3"))}", 2,
            "a: a type of numbers that Graft does not read: expected BF16, BOOL, F16, F32, F64, F8_E4M3, F8_E4M3FNUZ, "
                + "F8_E5M2, F8_E5M2FNUZ, F8_E8M0, I16, I32, I64, I8, U16, U32, U64, U8, found 'F6_E2M3'"
        ),
        ("{\(tensor("a", 0, 8)),\(tensor("a", 8, 16))}", 16, "header, byte 58: the name 'a' is there twice"),
        (
            "{\"a\":{\"dtype\":\"F32\",\"shape\":[2]}}", 8,
            "header, byte 32: the tensor 'a' lacks its dtype, shape or data_offsets"
        ),
        (
            "{\"a\":{\"dtype\":\"F32\",\"code\":\"x\"}}", 8,
            "header, byte 27: the tensor 'a' has a key that is not known or there twice: 'code'"
        ),
        ("{\(tensor("a", 0, 8, shape: "-2"))}", 8, "header, byte 29: expected a whole number"),
        ("{\(tensor("a", 0, 8, shape: "2.0"))}", 8, "header, byte 30: expected ]"),
        ("{\(tensor("a", 0, 8, shape: "99999999999999999999"))}", 8, "header, byte 49: expected a whole number"),
        ("{\"__metadata__\":{\"a\":{}}}", 0, "header, byte 21: expected \""),
        ("{} x", 0, "header, byte 3: something after the header's end"),
    ])
    func refused(header: String, count: Int, text: String) throws {
        let directory = try ScratchDirectory()
        let path = try directory.write(Self.file(header, count), to: "f")
        #expect(line(in: directory) { _ = try WeightFile(path: path) } == "f: " + text)
    }

    @Test func aDeepHeaderDoesNotRecurse() throws {
        let directory = try ScratchDirectory()
        let path = try directory.write(Self.file(String(repeating: "{\"a\":", count: 100_000), 0), to: "f")
        #expect(
            line(in: directory) { _ = try WeightFile(path: path) }.hasPrefix(
                "f: header, byte 10: the tensor 'a' has a key"))
    }
}
