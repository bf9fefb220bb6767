package import Inference

/// Pictures that are far from all others of their class.
package enum ClassOutliers {
    package struct Outlier: Sendable, Hashable {
        package let picture: Int
        /// The mean cosine to the nearest pictures of its class.
        package let cosine: Double
        /// What is usual in the class, and the least that is not called an outlier.
        package let median: Double
        package let threshold: Double
    }

    private static let neighbours = 5
    /// Deviations from the median, as a normal distribution has them: one in 100,000 pictures by chance.
    private static let deviations = 4.25

    /// The farthest first. Classes of fewer than 10 pictures have none.
    package static func find(
        labels: [Int], classes: Int, features: UnitRows, groups: [Int], threads: Int
    ) -> [Outlier] {
        let near = features.nearest(neighbours, threads: threads) {
            labels[$0] != labels[$1] || groups[$0] == groups[$1]
        }
        let means = near.map { row in row.reduce(0.0) { $0 + Double($1.cosine) } / Double(max(1, row.count)) }
        var found: [Outlier] = []
        for label in 0..<classes {
            let members = labels.indices.filter { labels[$0] == label && !near[$0].isEmpty }
            guard members.count >= 10 else { continue }
            let middle = median(members.map { means[$0] })
            // 1.4826 times the median deviation is a normal distribution's standard deviation.
            let spread = 1.4826 * median(members.map { abs(means[$0] - middle) })
            let threshold = middle - deviations * max(spread, 1e-6)
            found += members.filter { means[$0] < threshold }
                .map { Outlier(picture: $0, cosine: means[$0], median: middle, threshold: threshold) }
        }
        return found.sorted { ($0.cosine - $0.threshold, $0.picture) < ($1.cosine - $1.threshold, $1.picture) }
    }

    static func median(_ values: [Double]) -> Double {
        guard !values.isEmpty else { return 0 }
        let sorted = values.sorted()
        let half = sorted.count / 2
        return sorted.count % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2
    }
}
