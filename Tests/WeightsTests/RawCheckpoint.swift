/// A legacy checkpoint written instruction by instruction, to say what PyTorch never would.
struct RawCheckpoint {
    /// Instructions of the object's pickle, without PROTO and STOP.
    var object: [UInt8]
    /// Keys and float32 values of the storages.
    var storages: [(key: String, values: [Float])] = []

    var bytes: [UInt8] {
        typealias P = PickleBytes
        var bytes = P.whole([0x8A, 10, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19])
        bytes += P.whole(P.int(1001))
        bytes += P.whole(P.dict([("little_endian", [0x88])]))
        bytes += P.whole(object)
        bytes += P.whole([0x5D, 0x28] + storages.flatMap { P.text($0.key) } + [0x65])
        for storage in storages {
            bytes += withUnsafeBytes(of: Int64(storage.values.count).littleEndian) { Array($0) }
            bytes += storage.values.flatMap { value in
                withUnsafeBytes(of: value.bitPattern.littleEndian) { Array($0) }
            }
        }
        return bytes
    }
}

/// Pieces of pickles.
enum PickleBytes {
    static func whole(_ body: [UInt8]) -> [UInt8] { [0x80, 2] + body + [0x2E] }

    static func int(_ value: Int) -> [UInt8] {
        if let small = Int32(exactly: value) { return [0x4A] + withUnsafeBytes(of: small.littleEndian) { Array($0) } }
        return [0x8A, 8] + withUnsafeBytes(of: Int64(value).littleEndian) { Array($0) }
    }

    static func text(_ text: String) -> [UInt8] {
        [0x58] + withUnsafeBytes(of: UInt32(text.utf8.count).littleEndian) { Array($0) } + Array(text.utf8)
    }

    static func global(_ module: String, _ name: String) -> [UInt8] { [0x63] + Array("\(module)\n\(name)\n".utf8) }
    static func tuple(_ items: [[UInt8]]) -> [UInt8] { [0x28] + items.flatMap { $0 } + [0x74] }

    static func dict(_ items: [(String, [UInt8])]) -> [UInt8] {
        [0x7D, 0x28] + items.flatMap { text($0.0) + $0.1 } + [0x75]
    }

    /// - Parameter view: key, offset and length of a legacy view.
    static func tensor(
        _ key: String, _ count: Int, offset: Int = 0, shape: [Int], strides: [Int], type: String = "FloatStorage",
        view: (String, Int, Int)? = nil
    ) -> [UInt8] {
        let viewBytes = view.map { tuple([text($0.0), int($0.1), int($0.2)]) } ?? [0x4E]
        let storage =
            tuple([text("storage"), global("torch", type), text(key), text("cpu"), int(count), viewBytes]) + [0x51]
        return global("torch._utils", "_rebuild_tensor")
            + tuple([storage, int(offset), tuple(shape.map(int)), tuple(strides.map(int))]) + [0x52]
    }
}
