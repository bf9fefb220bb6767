/// Round numbers along an axis.
enum Ticks {
    /// Multiples of 1, 2 or 5 times a power of ten inside `range`, about `count` of them.
    static func values(in range: ClosedRange<Double>, count: Int) -> [Double] {
        let span = range.upperBound - range.lowerBound
        guard span > 0, span.isFinite, count > 0 else { return [range.lowerBound] }
        let step = step(atLeast: span / Double(count))
        let first = (range.lowerBound / step - 1e-9).rounded(.up)
        let last = (range.upperBound / step + 1e-9).rounded(.down)
        guard last >= first else { return [] }
        return stride(from: first, through: last, by: 1).map { $0 * step }
    }

    /// The smallest of 1, 2 and 5 times a power of ten that is not below `width`.
    static func step(atLeast width: Double) -> Double {
        var power = 1.0
        while power < width { power *= 10 }
        while power / 10 >= width, power > 1e-300 { power /= 10 }
        return [power / 5, power / 2, power].first { $0 >= width * (1 - 1e-9) } ?? power
    }

    /// Whole numbers from 1 to `last`, with both ends, about `count` of them.
    static func epochs(_ last: Int, count: Int) -> [Int] {
        guard last > count else { return Array(1...max(1, last)) }
        let step = max(1, Int(step(atLeast: Double(last) / Double(count))))
        let inner = stride(from: step, to: last - step / 2, by: step).filter { $0 > 1 }
        return [1] + inner + [last]
    }

    /// Decimals that tell neighbouring ticks apart.
    static func decimals(step: Double) -> Int {
        var digits = 0
        var scaled = step
        while digits < 8, (scaled - scaled.rounded()).magnitude > 1e-6 {
            scaled *= 10
            digits += 1
        }
        return digits
    }
}
