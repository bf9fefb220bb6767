import Zoo

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// How sure a prototype head's answers are: the temperature under which the training labels are most probable, each
/// example left out of its own class' mean, as if there were one more example that may be of any class. Without that one,
/// classes that are easily told apart would be answered with certainty.
enum Temperature {
    /// More examples tell no more; the cost grows with examples times classes.
    private static let exampleLimit = 1000
    private static let productLimit = 2_000_000

    /// Among powers of the square root of 2 times the spread of the examples' values.
    static func chosen(
        for means: ClassMeans, features: Tensor, labels: [Int], distance: PrototypeHead.Distance
    ) -> Double {
        let width = features.shape[1]
        let classes = means.counts.count
        let prototypes = (0..<classes).map { means[$0] }
        let lengths = prototypes.map { max(squares($0).squareRoot(), 1e-12) }
        /// Near is high: a cosine, or minus a squared distance.
        func nearness(_ x: [Double], _ length: Double, _ mean: [Double], _ meanLength: Double) -> Double {
            switch distance {
            case .cosine: return zip(x, mean).reduce(0) { $0 + $1.0 * $1.1 } / (length * meanLength)
            case .euclidean: return -zip(x, mean).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
            }
        }
        let wanted = max(1, min(exampleLimit, productLimit / max(1, classes)))
        let step = max(1, labels.count / wanted)
        var rows: [(label: Int, scores: [Double])] = []
        for row in stride(from: 0, to: labels.count, by: step) {
            let label = labels[row]
            let x = features.elements[row * width..<(row + 1) * width].map(Double.init)
            guard let own = means.mean(label, without: x) else { continue }
            let length = max(squares(x).squareRoot(), 1e-12)
            var scores = (0..<classes).map { nearness(x, length, prototypes[$0], lengths[$0]) }
            scores[label] = nearness(x, length, own, max(squares(own).squareRoot(), 1e-12))
            rows.append((label, scores))
        }
        let gaps = rows.map { row in (row.scores.max() ?? 0) - (row.scores.min() ?? 0) }
        let spread = gaps.isEmpty ? 0 : gaps.reduce(0, +) / Double(gaps.count)
        guard spread > 0 else {
            // One example a class: nothing to measure on.
            switch distance {
            case .cosine: return 0.1
            case .euclidean: return max(1e-6, lengths.reduce(0) { $0 + $1 * $1 } / Double(max(1, classes)) * 0.1)
            }
        }
        let candidates = (-16...8).map { spread * pow(2, Double($0) / 2) }
        let losses = candidates.map { temperature in
            rows.reduce(0.0) { sum, row in
                let top = row.scores.max() ?? 0
                let logSum = log(row.scores.reduce(0) { $0 + exp(($1 - top) / temperature) })
                let mean = row.scores.reduce(0, +) / Double(classes)
                return sum + logSum - (row.scores[row.label] - top) / temperature
                    + (logSum - (mean - top) / temperature) / Double(rows.count)
            }
        }
        let best = losses.indices.min { (losses[$0], $0) < (losses[$1], $1) } ?? 0
        return min(1e6, max(1e-6, candidates[best]))
    }
}
