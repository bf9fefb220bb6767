package import Inference

/// Which pictures to label next: those that the model is in doubt about, and that differ from each other.
package enum PictureChoice {
    /// The doubtful pictures that are looked at, for each one that is wanted.
    private static let doubtful = 5

    /// Indices of pictures, the most doubtful first.
    /// - Parameters:
    ///   - features: `[N, F]`
    ///   - probabilities: `[N][K]`; nil without a model, for pictures that stand for all others.
    ///   - groups: copies have the same number; at most one of each is chosen.
    ///   - excluded: pictures that are not to be chosen: strangers, or copies of labelled ones.
    package static func choose(
        _ count: Int, features: FeatureRows, probabilities: [[Double]]?, groups: [Int],
        excluded: Set<Int> = [], seed: UInt64 = 0, threads: Int
    ) -> [Int] {
        var seen: Set<Int> = []
        var pool = (0..<features.count).filter { !excluded.contains($0) && seen.insert(groups[$0]).inserted }
        let margins = probabilities?.map(margin)
        if let margins {
            pool.sort { (margins[$0], $0) < (margins[$1], $1) }
            pool = Array(pool.prefix(doubtful * count))
        }
        guard pool.count > count else { return pool }
        let clusters = Clusters(features.rows(pool), count: count, seed: seed, threads: threads)
        var chosen = clusters.members.compactMap { $0.first.map { pool[$0] } }
        // Clusters that ended empty: the most doubtful of the rest.
        let taken = Set(chosen)
        chosen += pool.filter { !taken.contains($0) }.prefix(count - chosen.count)
        guard let margins else { return chosen }
        return chosen.sorted { (margins[$0], $0) < (margins[$1], $1) }
    }

    /// The lead of the most probable class over the next one.
    package static func margin(_ probabilities: [Double]) -> Double {
        let sorted = probabilities.sorted(by: >)
        guard sorted.count > 1 else { return sorted.first ?? 0 }
        return sorted[0] - sorted[1]
    }
}
