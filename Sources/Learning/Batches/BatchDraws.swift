import Zoo

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The random numbers of one batch.
package struct BatchDraws {
    private let random: CounterRandom
    private let step: UInt64
    private let epoch: UInt32

    package init(seed: UInt64, epoch: Int, step: Int) {
        random = CounterRandom(seed: seed, purpose: .mixing)
        self.step = UInt64(bitPattern: Int64(step))
        self.epoch = UInt32(truncatingIfNeeded: epoch)
    }

    func words(_ place: UInt32) -> SIMD4<UInt32> {
        random.words(
            at: SIMD4(UInt32(truncatingIfNeeded: step), UInt32(truncatingIfNeeded: step >> 32), epoch, place))
    }

    /// A number from the symmetric Beta distribution: X / (X + Y) for two Gamma-distributed ones.
    package func beta(_ alpha: Double) -> Double {
        // In logarithms, for with a small alpha both may be below the smallest number.
        1 / (1 + exp(logGamma(alpha, at: 1 << 16) - logGamma(alpha, at: 1)))
    }

    /// The logarithm of a Gamma-distributed number of scale 1 (Marsaglia and Tsang, "A simple method for generating gamma
    /// variables", 2000).
    private func logGamma(_ shape: Double, at place: UInt32) -> Double {
        // Shapes below 1 by way of shape + 1.
        let d = (shape < 1 ? shape + 1 : shape) - 1.0 / 3
        let c = 1 / (9 * d).squareRoot()
        var place = place
        while true {
            let words = words(place)
            let uniform = (0..<4).map { CounterRandom.uniform(words[$0]) }
            // Box and Muller.
            let normal = (-2 * log(uniform[0])).squareRoot() * cos(2 * .pi * uniform[1])
            let root = 1 + c * normal
            let v = root * root * root
            if v > 0, log(uniform[2]) < 0.5 * normal * normal + d - d * v + d * log(v) {
                return log(d * v) + (shape < 1 ? log(uniform[3]) / shape : 0)
            }
            place += 1
        }
    }
}
