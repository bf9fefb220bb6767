/// Damages files: bytes flipped, overwritten, cut, repeated, swapped or taken from elsewhere, a few faults a mutant. The
/// same seed and number give the same mutant.
struct Mutator {
    /// Mutants of each kind; `GRAFT_MUTANTS` asks for more.
    static let defaultCount = 10_000

    private var state: UInt64

    init(seed: UInt64, number: Int) {
        state = seed &* 0x9E37_79B9_7F4A_7C15 &+ UInt64(number) &* 0xD1B5_4A32_D192_ED03
    }

    /// SplitMix64.
    private mutating func next(below bound: Int) -> Int {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = state
        word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
        return Int((word ^ (word >> 31)) % UInt64(max(1, bound)))
    }

    /// Values at which sizes, counts and offsets tend to go wrong.
    private static let edges: [UInt8] = [0x00, 0x01, 0x7F, 0x80, 0xFE, 0xFF]

    mutating func mutate(_ original: [UInt8]) -> [UInt8] {
        var bytes = original
        for _ in 0...next(below: 3) {
            guard !bytes.isEmpty else { break }
            let place = next(below: bytes.count)
            let length = 1 + next(below: min(16, bytes.count - place))
            switch next(below: 8) {
            case 0: bytes[place] ^= UInt8(1 << next(below: 8))
            case 1: bytes[place] = UInt8(next(below: 256))
            case 2: bytes[place] = Self.edges[next(below: Self.edges.count)]
            case 3: for index in place..<(place + length) { bytes[index] = 0xFF }
            case 4: bytes.removeLast(bytes.count - place)
            case 5: bytes.removeSubrange(place..<(place + length))
            case 6: bytes.insert(contentsOf: Array(bytes[place..<(place + length)]), at: next(below: bytes.count))
            default:
                let other = next(below: bytes.count)
                let count = min(length, bytes.count - other)
                let piece = Array(bytes[other..<(other + count)])
                bytes.replaceSubrange(place..<min(place + count, bytes.count), with: piece)
            }
        }
        return bytes
    }
}
