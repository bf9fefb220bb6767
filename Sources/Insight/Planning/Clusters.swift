package import Inference
import Engine
import Zoo

/// K-means on rows of length 1.
package struct Clusters: Sendable {
    /// The cluster of each row.
    package let cluster: [Int]
    /// For each cluster its rows, the nearest to its centre first.
    package let members: [[Int]]

    private static let rounds = 25

    /// - Parameter count: fewer are made where there are fewer rows.
    package init(_ features: FeatureRows, count wanted: Int, seed: UInt64 = 0, threads: Int) {
        let unit = features.unit
        let rows = UnitRows(unit: unit)
        let count = max(1, min(wanted, features.count))
        var centres = unit.rows(Self.seeds(rows, count: count, seed: seed, threads: threads))
        var cluster = [Int](repeating: 0, count: features.count)
        var near = [Float](repeating: 0, count: features.count)
        for round in 0..<Self.rounds {
            let packed = UnitRows(centres)
            let found = WorkerPool.map(count: features.count, threads: threads) { row in
                packed.nearest(1, to: rows.cosines(of: row, with: packed, 0..<packed.count)).first
                    ?? Neighbour(row: 0, cosine: 0)
            }
            let next = found.map(\.row)
            near = found.map(\.cosine)
            if round > 0, next == cluster { break }
            cluster = next
            centres = Self.centres(unit, cluster, old: centres)
        }
        self.cluster = cluster
        members = (0..<count).map { index in
            cluster.indices.filter { cluster[$0] == index }.sorted { (-near[$0], $0) < (-near[$1], $1) }
        }
    }

    /// Far from each other: each is drawn by its squared distance to those drawn before (Arthur and Vassilvitskii, 2007).
    private static func seeds(_ rows: UnitRows, count: Int, seed: UInt64, threads: Int) -> [Int] {
        let random = CounterRandom(seed: seed, purpose: .sampling)
        func draw(_ round: Int) -> Double {
            CounterRandom.uniform(random.words(at: SIMD4(UInt32(truncatingIfNeeded: round), 0, 0, 3))[0])
        }
        guard rows.count > 0 else { return [] }
        var chosen = [min(rows.count - 1, Int(draw(0) * Double(rows.count)))]
        var distance = [Double](repeating: .infinity, count: rows.count)
        while chosen.count < count {
            let last = chosen[chosen.count - 1]
            let cosines = rows.cosines(of: last, with: rows, 0..<rows.count)
            for index in distance.indices {
                distance[index] = min(distance[index], max(0, 2 - 2 * Double(cosines[index])))
            }
            for index in chosen { distance[index] = 0 }
            let total = distance.reduce(0, +)
            guard total > 0 else {
                // Only copies are left.
                guard let next = distance.indices.first(where: { !chosen.contains($0) }) else { break }
                chosen.append(next)
                continue
            }
            var left = draw(chosen.count) * total
            var next = distance.indices.last { distance[$0] > 0 } ?? 0
            for index in distance.indices where distance[index] > 0 {
                left -= distance[index]
                if left <= 0 {
                    next = index
                    break
                }
            }
            chosen.append(next)
        }
        return chosen
    }

    /// An empty cluster keeps its centre.
    private static func centres(_ unit: FeatureRows, _ cluster: [Int], old: FeatureRows) -> FeatureRows {
        var sums = [Double](repeating: 0, count: old.count * old.width)
        var counts = [Int](repeating: 0, count: old.count)
        for (row, index) in cluster.enumerated() {
            counts[index] += 1
            for column in 0..<old.width {
                sums[index * old.width + column] += Double(unit.values[row * old.width + column])
            }
        }
        var values = old.values
        for index in 0..<old.count where counts[index] > 0 {
            for column in 0..<old.width {
                values[index * old.width + column] = Float(sums[index * old.width + column] / Double(counts[index]))
            }
        }
        return FeatureRows(checked: values, width: old.width).unit
    }
}
