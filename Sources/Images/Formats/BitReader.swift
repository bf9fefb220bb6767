/// The bits of an HEVC unit, the bytes that keep start codes out of it left out.
struct BitReader {
    private let bytes: [UInt8]
    private var place = 0

    init(_ unit: ArraySlice<UInt8>) {
        var bytes: [UInt8] = []
        var zeros = 0
        for byte in unit {
            if zeros >= 2, byte == 3 {
                zeros = 0
                continue
            }
            zeros = byte == 0 ? zeros + 1 : 0
            bytes.append(byte)
        }
        self.bytes = bytes
    }

    mutating func skip(_ count: Int) -> Bool {
        guard place + count <= bytes.count * 8 else { return false }
        place += count
        return true
    }

    mutating func read(_ count: Int) -> Int? {
        guard place + count <= bytes.count * 8 else { return nil }
        var value = 0
        for _ in 0..<count {
            value = value << 1 | Int(bytes[place / 8] >> (7 - place % 8) & 1)
            place += 1
        }
        return value
    }

    /// An Exp-Golomb number of at most 32 bits.
    mutating func readNumber() -> Int? {
        var zeros = 0
        while let bit = read(1), bit == 0 {
            zeros += 1
            if zeros > 32 { return nil }
        }
        guard let rest = read(zeros) else { return nil }
        return (1 << zeros) - 1 + rest
    }
}
