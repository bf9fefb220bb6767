/// Random numbers as a function of where they are used, not of how many were drawn before: the same bits in whatever
/// order, by however many threads, and after resuming.
///
/// The generator is Philox 4x32 with 10 rounds (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011).
package struct CounterRandom: Sendable, Hashable {
    /// What the numbers are for. Each purpose has a key of its own, so that the same counter means unrelated numbers.
    package enum Purpose: UInt64, Sendable {
        case initialization = 1
        case order, split, dropout, stochasticDepth
        case augmentation, mixing, sampling
    }

    package let key: SIMD2<UInt32>

    package init(seed: UInt64, purpose: Purpose) {
        // SplitMix64's finalizer (Steele et al., OOPSLA 2014): a bijection, so no two seeds share a key.
        var z = seed &+ purpose.rawValue &* 0x9E37_79B9_7F4A_7C15
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        z ^= z >> 31
        key = SIMD2(UInt32(truncatingIfNeeded: z), UInt32(truncatingIfNeeded: z >> 32))
    }

    /// Four random words for one counter.
    package func words(at counter: SIMD4<UInt32>) -> SIMD4<UInt32> {
        CounterRandom.philox(counter, key: key)
    }

    /// The bare generator, as Random123 defines it.
    package static func philox(_ counter: SIMD4<UInt32>, key: SIMD2<UInt32>) -> SIMD4<UInt32> {
        var (c0, c1, c2, c3) = (counter[0], counter[1], counter[2], counter[3])
        var (k0, k1) = (key[0], key[1])
        for _ in 0..<10 {
            let first = UInt64(c0) &* 0xD251_1F53
            let second = UInt64(c2) &* 0xCD9E_8D57
            c0 = UInt32(truncatingIfNeeded: second >> 32) ^ c1 ^ k0
            c1 = UInt32(truncatingIfNeeded: second)
            c2 = UInt32(truncatingIfNeeded: first >> 32) ^ c3 ^ k1
            c3 = UInt32(truncatingIfNeeded: first)
            k0 &+= 0x9E37_79B9
            k1 &+= 0xBB67_AE85
        }
        return SIMD4(c0, c1, c2, c3)
    }

    /// A number between 0 and 1, neither of them, from a random word.
    package static func uniform(_ word: UInt32) -> Double { (Double(word) + 0.5) / 4_294_967_296 }

    /// The numbers 0 to `count - 1` in random order (Fisher-Yates), one order for each `round` (an epoch).
    package func permutation(count: Int, round: Int) -> [Int] {
        var order = Array(0..<count)
        for index in stride(from: count - 1, to: 0, by: -1) {
            let words = words(
                at: SIMD4(
                    UInt32(truncatingIfNeeded: index), UInt32(truncatingIfNeeded: index >> 32),
                    UInt32(truncatingIfNeeded: round), 0))
            let random = UInt64(words[0]) << 32 | UInt64(words[1])
            let other = Int(random.multipliedFullWidth(by: UInt64(index + 1)).high)
            order.swapAt(index, other)
        }
        return order
    }
}
