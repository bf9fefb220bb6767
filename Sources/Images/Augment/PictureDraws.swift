#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

import Zoo

/// The random numbers of one picture in one epoch. Each transform draws at places of its own, so that switching one on
/// does not change what another does.
package struct PictureDraws {
    /// Where a transform's numbers begin. Four of them are at each place; a transform that tries again moves on by one.
    package enum Place: UInt32 {
        case crop = 0
        case flip = 16
        case verticalFlip, rotation, policy, jitter, jitterOrder
        case erasing = 32
    }

    /// How often a box is drawn before its transform gives up, in torchvision too.
    package static let attempts = 10

    private let random: CounterRandom
    private let index: UInt64
    private let epoch: UInt32

    package init(seed: UInt64, epoch: Int, index: Int) {
        random = CounterRandom(seed: seed, purpose: .augmentation)
        self.index = UInt64(bitPattern: Int64(index))
        self.epoch = UInt32(truncatingIfNeeded: epoch)
    }

    /// Four words; `attempt` counts from 0.
    package func words(_ place: Place, attempt: Int = 0) -> SIMD4<UInt32> {
        random.words(
            at: SIMD4(
                UInt32(truncatingIfNeeded: index), UInt32(truncatingIfNeeded: index >> 32), epoch,
                place.rawValue + UInt32(attempt)))
    }

    /// Whether something of that probability happens.
    package func happens(_ place: Place, _ probability: Double) -> Bool {
        CounterRandom.uniform(words(place)[0]) < probability
    }

    /// A number from the range, all alike.
    package static func uniform(_ word: UInt32, in range: ClosedRange<Double>) -> Double {
        range.lowerBound + CounterRandom.uniform(word) * (range.upperBound - range.lowerBound)
    }

    /// A number from the range, all ratios alike.
    package static func ratio(_ word: UInt32, in range: ClosedRange<Double>) -> Double {
        exp(uniform(word, in: log(range.lowerBound)...log(range.upperBound)))
    }

    /// A whole number from 0 to below `count`.
    package static func integer(_ word: UInt32, below count: Int) -> Int {
        Int((UInt64(word) &* UInt64(count)) >> 32)
    }
}
