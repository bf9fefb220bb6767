package import Inference
import Engine
package import Numbers
package import Zoo

extension StrangerScore {
    /// What a fit found out.
    package struct Fit: Sendable {
        package let score: StrangerScore
        /// Of each class, the training pictures that would be called strangers.
        package let rejected: [Int]
        /// Pictures of each class.
        package let counts: [Int]
    }

    /// - Parameters:
    ///   - probabilities: `[N][K]`, calibrated, of models that had not seen the picture.
    ///   - promised: the share of pictures of the known classes to be called strangers.
    ///   - groups: copies have the same number; they are not each other's neighbours.
    /// - Throws: `GraftError.invalidData` with the reason where a class has too few pictures.
    package static func fit(
        _ features: FeatureRows, labels: [Int], classes: [String], probabilities: [[Double]], promised: Double,
        folds: Folds, groups: [Int], threads: Int
    ) throws(GraftError) -> Fit {
        guard promised > 0, promised <= 0.5 else {
            throw GraftError(
                .invalidValue, "impossible share of false alarms", parameter: "train.none_of_these",
                expected: "above 0 % and at most 50 %", found: "\(promised * 100) %")
        }
        let counts = classes.indices.map { label in labels.count(where: { $0 == label }) }
        try requirePictures(counts, classes: classes)
        let unit = features.unit
        let chosen = representatives(labels: labels, classes: classes.count)
        let rows = UnitRows(unit: unit), prototypes = unit.rows(chosen)
        let all = UnitRows(unit: prototypes)
        let cosines = WorkerPool.map(count: features.count, threads: threads) { picture -> Double in
            let near = all.nearest(neighbours, to: rows.cosines(of: picture, with: all, 0..<all.count)) {
                folds.fold[chosen[$0]] != folds.fold[picture] && groups[chosen[$0]] != groups[picture]
            }
            return near.reduce(0.0) { $0 + Double($1.cosine) } / Double(max(1, near.count))
        }
        let confidences = probabilities.map { $0.max() ?? 0 }
        let open = try StrangerScore(
            prototypes: prototypes, labels: chosen.map { labels[$0] }, cosines: cosines.map(Float.init).sorted(),
            confidences: confidences.map(Float.init).sorted(), threshold: 0, promised: promised)
        let scores = labels.indices.map { open.score(cosine: cosines[$0], confidence: confidences[$0]) }
        // As many below the threshold as were promised, never more.
        let threshold = scores.sorted()[Int((promised * Double(scores.count)).rounded(.down))]
        let score = try StrangerScore(
            prototypes: open.prototypes, labels: open.labels, cosines: open.cosines, confidences: open.confidences,
            threshold: threshold, promised: promised)
        let rejected = classes.indices.map { label in
            labels.indices.count(where: { labels[$0] == label && scores[$0] < threshold })
        }
        return Fit(score: score, rejected: rejected, counts: counts)
    }

    /// - Parameter counts: pictures of each class.
    /// - Throws: `GraftError.invalidData` with the reason where a class has too few.
    package static func requirePictures(_ counts: [Int], classes: [String]) throws(GraftError) {
        if let few = classes.indices.first(where: { counts[$0] < leastPictures }) {
            throw GraftError(
                .invalidData, "too few pictures to know what is none of the classes", parameter: "train.none_of_these",
                expected: "at least \(leastPictures) pictures a class", found: "\(counts[few]) of '\(classes[few])'",
                remedy: "add pictures or leave out train.none_of_these")
        }
    }

    /// All pictures, or as many of each class as there is room for, the same ones each time.
    private static func representatives(labels: [Int], classes: Int) -> [Int] {
        guard labels.count > mostPrototypes else { return Array(labels.indices) }
        let order = CounterRandom(seed: 0, purpose: .sampling).permutation(count: labels.count, round: 0)
        var left = (0..<classes).map { label in order.filter { labels[$0] == label } }
        var chosen: [Int] = []
        while chosen.count < mostPrototypes {
            for label in 0..<classes where chosen.count < mostPrototypes {
                if let picture = left[label].popLast() { chosen.append(picture) }
            }
        }
        return chosen.sorted()
    }
}
