/// How often values fall into equal parts of a range around 0 that doubles as larger ones come. The counts do not depend on the
/// order of the values.
package struct Histogram: Sendable, Hashable {
    /// From `-limit` to `limit`.
    package private(set) var counts: [Int]
    /// A power of two.
    package private(set) var limit: Float
    package private(set) var least = Float.infinity
    package private(set) var most = -Float.infinity

    private static let half = 2048

    package init() {
        counts = [Int](repeating: 0, count: 2 * Self.half)
        limit = 0x1p-10
    }

    /// The value in the middle of a part.
    package func middle(_ part: Int) -> Double {
        (Double(part - Self.half) + 0.5) * Double(limit) / Double(Self.half)
    }

    package var total: Int { counts.reduce(0, +) }

    /// Doubles the range until it holds values of that magnitude.
    private mutating func grow(to magnitude: Float) {
        while limit <= magnitude {
            var wider = [Int](repeating: 0, count: counts.count)
            for (part, count) in counts.enumerated() { wider[(part + Self.half) / 2] += count }
            counts = wider
            limit *= 2
        }
    }

    /// Counts values; those that are not finite are left out.
    mutating func add(_ values: UnsafeBufferPointer<Float>) {
        var low = least, high = most
        for value in values where value.isFinite {
            low = min(low, value)
            high = max(high, value)
        }
        guard low <= high else { return }
        (least, most) = (low, high)
        grow(to: max(abs(low), abs(high)))
        let factor = Float(Self.half) / limit, offset = Float(Self.half)
        counts.withUnsafeMutableBufferPointer { counts in
            for value in values where value.isFinite {
                // The factor is a power of two: nothing is rounded but what is meant to be.
                counts[Int((value * factor).rounded(.down) + offset)] += 1
            }
        }
    }

    /// Takes another's counts.
    package mutating func add(_ other: Histogram) {
        var other = other
        grow(to: other.limit / 2)
        other.grow(to: limit / 2)
        least = min(least, other.least)
        most = max(most, other.most)
        for (part, count) in other.counts.enumerated() { counts[part] += count }
    }
}
