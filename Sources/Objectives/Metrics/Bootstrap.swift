import Engine
import Zoo

/// What a figure would have been on other pictures like these (Efron, 1979): computed again on samples drawn with
/// replacement, always the same ones.
struct Bootstrap {
    private static let samples = 1000
    let count: Int

    /// 95 % intervals (percentiles) of some figures; nil where a figure cannot be computed on nearly all samples.
    /// - Parameter figures: of pictures by their indices, some of them several times.
    func intervals(_ figures: ([Int]) -> [Double?]) -> [Interval?] {
        let random = CounterRandom(seed: 0, purpose: .sampling)
        let all = (0..<Self.samples).map { sample in
            figures(
                (0..<count).map { index in
                    let words = random.words(
                        at: SIMD4(UInt32(truncatingIfNeeded: index), UInt32(sample), 0, 1))
                    return Int((UInt64(words[0]) * UInt64(count)) >> 32)
                })
        }
        return (0..<(all.first?.count ?? 0)).map { figure in
            let found = all.compactMap { $0[figure] }.sorted()
            guard found.count > Self.samples * 9 / 10 else { return nil }
            return Interval(
                lower: found[Int((0.025 * Double(found.count)).rounded(.down))],
                upper: found[min(found.count - 1, Int((0.975 * Double(found.count)).rounded(.down)))])
        }
    }
}
