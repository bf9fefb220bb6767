/// Passes over many values that are as fast as memory allows, and always in the same order.
enum FloatSums {
    /// The length of all arrays together, taken as one vector.
    static func norm(_ arrays: [[Float]]) -> Double {
        arrays.reduce(0.0) { sum, values in
            sum
                + lanes(values) { lanes, part in
                    let wide = SIMD8<Double>(part)
                    lanes += wide * wide
                }
        }.squareRoot()
    }

    /// Whether every value is a number and not infinite.
    static func areFinite(_ values: [Float]) -> Bool {
        // Zero times anything else is not zero.
        lanes(values) { lanes, part in lanes += SIMD8<Double>(part * 0) } == 0
    }

    /// Eight sums side by side, the rest of the array filled up with zeros.
    private static func lanes(_ values: [Float], _ add: (inout SIMD8<Double>, SIMD8<Float>) -> Void) -> Double {
        var sums = SIMD8<Double>()
        let whole = values.count & ~7
        values.withUnsafeBufferPointer { values in
            for start in stride(from: 0, to: whole, by: 8) {
                var part = SIMD8<Float>()
                for lane in 0..<8 { part[lane] = values[start + lane] }
                add(&sums, part)
            }
            var rest = SIMD8<Float>()
            for index in whole..<values.count { rest[index - whole] = values[index] }
            add(&sums, rest)
        }
        return sums.sum()
    }
}
