package import Zoo

/// The answers of two computations to the same pictures: what another precision does to them.
package struct AnswerPairs {
    private let before: [ArraySlice<Float>]
    private let after: [ArraySlice<Float>]

    /// - Parameters:
    ///   - before: `[N, outputs]`
    ///   - after: of the same shape.
    package init(before: Tensor, after: Tensor) {
        self.before = Self.rows(before)
        self.after = Self.rows(after)
    }

    /// Pictures with the same first answer.
    package var agreeing: Int { zip(before, after).count { Self.first($0) == Self.first($1) } }

    /// By picture, whether the first answer is that class, before and after.
    package func isRight(_ picture: Int, class label: Int) -> (before: Bool, after: Bool) {
        (Self.first(before[picture]) == label, Self.first(after[picture]) == label)
    }

    /// The root mean square of the outputs' changes over that of their spread.
    package var error: Double {
        var change = 0.0, spread = 0.0
        for (old, new) in zip(before, after) {
            let mean = old.reduce(0) { $0 + Double($1) } / Double(max(1, old.count))
            for (a, b) in zip(new, old) {
                change += (Double(a) - Double(b)) * (Double(a) - Double(b))
                spread += (Double(b) - mean) * (Double(b) - mean)
            }
        }
        return (change / max(spread, .leastNormalMagnitude)).squareRoot()
    }

    /// The share of pictures that is expected to keep its first answer: the outputs of every one, moved by what each of these
    /// pictures' outputs were moved by. A few pictures whose answers win by a hair decide a count of those that changed; here all
    /// that might have changed have their part.
    /// - Parameter outputs: of pictures that nothing need be known of but these.
    package func expectedAgreement(of outputs: [Tensor]) -> Double {
        let changes = zip(before, after).map { old, new in zip(old, new).map { $1 - $0 } }
        let rows = outputs.flatMap(Self.rows)
        guard !rows.isEmpty, !changes.isEmpty else { return 0 }
        let most = changes.reduce(Float(0)) { $1.reduce($0) { max($0, $1.magnitude) } }
        var kept = 0
        for row in rows {
            let start = row.startIndex
            guard row.count > 1 else {
                let value = row.first ?? 0
                kept += changes.count { (value > 0) == (value + ($0.first ?? 0) > 0) }
                continue
            }
            let first = Self.first(row), top = row[start + first]
            // No change makes another class the first.
            let rivals = row.indices.filter { $0 - start != first && top - row[$0] <= 2 * most }
            kept += changes.count { change in
                let moved = top + change[first]
                return rivals.allSatisfy { rival in
                    let other = row[rival] + change[rival - start]
                    return other < moved || (other == moved && rival - start > first)
                }
            }
        }
        return Double(kept) / (Double(rows.count) * Double(changes.count))
    }

    private static func rows(_ tensor: Tensor) -> [ArraySlice<Float>] {
        let size = tensor.shape.dropFirst().reduce(1, *)
        return (0..<tensor.shape[0]).map { tensor.elements[$0 * size..<($0 + 1) * size] }
    }

    /// The first answer of a row of outputs; one output alone is above 0 or not.
    private static func first(_ row: ArraySlice<Float>) -> Int {
        guard row.count > 1 else { return (row.first ?? 0) > 0 ? 1 : 0 }
        var best = row.startIndex
        for index in row.indices where row[index] > row[best] { best = index }
        return best - row.startIndex
    }
}
