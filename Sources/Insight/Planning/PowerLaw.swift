#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif
import Zoo

/// `error = a * pictures^-b + c`: how the errors of networks fall (Hestness et al., 2017).
package struct PowerLaw: Sendable, Hashable {
    /// The error of a single picture above the floor.
    package let scale: Double
    /// How fast it falls: doubling the pictures divides what is above the floor by 2 to this power.
    package let exponent: Double
    /// What no number of pictures goes below.
    package let floor: Double

    /// At a number of pictures, from 0 to 1.
    package func error(at pictures: Double) -> Double {
        min(1, max(0, scale * pow(pictures, -exponent) + floor))
    }

    /// A prediction with the interval that 90 % of redrawn curves give.
    package struct Prediction: Sendable, Hashable {
        /// Training pictures.
        package let pictures: Int
        /// The share of wrong answers.
        package let error: Double
        /// From 0 to 1.
        package let lower: Double
        /// From 0 to 1.
        package let upper: Double
    }

    /// The least squares over grids of exponent and floor, later (larger, more certain) points counting more.
    /// - Parameter points: number of pictures and error.
    package init(_ points: [(pictures: Double, error: Double)]) {
        let lowest = max(0, points.map(\.error).min() ?? 0)
        var best: (loss: Double, law: (Double, Double, Double)) = (.infinity, (0, 0, lowest))
        for step in 0...20 {
            let floor = lowest * Double(step) / 20 * 0.95
            for place in 0...60 {
                let exponent = 0.02 + Double(place) * 0.03
                var top = 0.0, bottom = 0.0
                for point in points {
                    let basis = pow(point.pictures, -exponent), weight = point.pictures
                    top += weight * basis * (point.error - floor)
                    bottom += weight * basis * basis
                }
                let scale = max(0, top / max(bottom, .leastNormalMagnitude))
                var loss = 0.0
                for point in points {
                    let gap = scale * pow(point.pictures, -exponent) + floor - point.error
                    loss += point.pictures * gap * gap
                }
                // Of two that fit as well, the one without a floor.
                if loss < best.loss * (1 - 1e-9) { best = (loss, (scale, exponent, floor)) }
            }
        }
        (scale, exponent, floor) = best.law
    }

    /// Predicts the error of other numbers of pictures.
    package static func predict(
        _ curve: LearningCurve, at counts: [Int], redraws: Int = 200, seed: UInt64 = 0
    ) -> [Prediction] {
        let law = PowerLaw(curve.points.map { (Double($0.pictures), $0.error) })
        let random = CounterRandom(seed: seed, purpose: .sampling)
        let others = (0..<redraws).map { round in
            PowerLaw(
                curve.points.enumerated().map { place, point in
                    var sum = 0.0
                    for draw in point.errors.indices {
                        let words = random.words(
                            at: SIMD4(UInt32(draw), UInt32(place), UInt32(truncatingIfNeeded: round), 2))
                        sum += point.errors[Int(words[0]) % point.errors.count]
                    }
                    return (Double(point.pictures), sum / Double(max(1, point.errors.count)))
                })
        }
        return counts.map { count in
            let errors = others.map { $0.error(at: Double(count)) }.sorted()
            return Prediction(
                pictures: count, error: law.error(at: Double(count)), lower: errors[redraws * 5 / 100],
                upper: errors[redraws * 95 / 100])
        }
    }
}
