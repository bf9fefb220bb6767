#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif
package import Inference
import Engine
import Numbers
package import Zoo

/// The error of a head by the number of pictures that it was trained on.
package struct LearningCurve: Sendable, Hashable {
    /// One size.
    package struct Point: Sendable, Hashable {
        /// Training pictures.
        package let pictures: Int
        /// The share of wrong answers to pictures outside of the training ones, of each draw.
        package let errors: [Double]
        /// The same by class, over all draws.
        package let classErrors: [Double]
        /// Wrong answers of all draws together.
        package let wrong: Int
        /// Answers of all draws together: every picture is asked about once.
        package let tested: Int

        /// Over all draws.
        package var error: Double { errors.reduce(0, +) / Double(max(1, errors.count)) }
    }

    /// From few pictures to many.
    package let points: [Point]
    /// All of the training pictures.
    package let pictures: Int

    /// - Parameters:
    ///   - groups: copies have the same number.
    ///   - sizes: the number of sizes, each a fixed ratio larger than the last.
    ///   - draws: fits of each size.
    ///   - strength: the inverse of the penalty; nil for the one that suits all pictures best.
    package init(
        _ features: FeatureRows, labels: [Int], classes: Int, groups: [Int], sizes: Int = 6, draws: Int = 5,
        seed: UInt64 = 0, strength: Double? = nil, threads: Int, progress: @Sendable (Double) -> Void = { _ in }
    ) throws(GraftError) {
        pictures = labels.count
        guard labels.count >= 4 * classes, classes > 1 else {
            throw GraftError(
                .invalidData, "too few pictures for a learning curve", expected: "at least \(4 * max(2, classes))",
                found: "\(labels.count)", remedy: "add pictures")
        }
        let rows = PackedRows(unit: features, threads: threads)
        let most = labels.count * (draws - 1) / draws
        let least = max(2 * classes, most / 32)
        let counts = Self.sizes(from: least, to: most, count: sizes)
        let folds = Folds(labels: labels, groups: groups, count: draws, seed: seed)
        let jobs = (0..<folds.count).flatMap { draw in counts.map { (draw: draw, size: $0) } }
        let strength =
            strength
            ?? OutOfFold(features, labels: labels, classes: classes, folds: folds, threads: threads).strength
        let results = WorkerPool.map(count: jobs.count, threads: threads) { index -> (wrong: [Int], total: [Int]) in
            let (draw, size) = jobs[index]
            let (train, held) = folds.split(draw)
            let chosen = Self.draw(size, of: train, labels: labels, classes: classes, seed: seed, draw: draw)
            let fit = LogisticRegression(
                rows.rows(chosen), labels: chosen.map { labels[$0] }, classes: classes,
                strength: strength, tolerance: 1e-5)
            let logits = fit.logits(rows.rows(held))
            var wrong = [Int](repeating: 0, count: classes), total = wrong
            for (place, picture) in held.enumerated() {
                let values = logits[place * classes..<(place + 1) * classes]
                let answer = (values.firstIndex(of: values.max() ?? 0) ?? 0) - place * classes
                total[labels[picture]] += 1
                if answer != labels[picture] { wrong[labels[picture]] += 1 }
            }
            return (wrong, total)
        } done: {
            progress(Double($0) / Double(jobs.count))
        }
        points = counts.enumerated().map { place, count in
            let mine = (0..<folds.count).map { results[$0 * counts.count + place] }
            return Point(
                pictures: count,
                errors: mine.map { Double($0.wrong.reduce(0, +)) / Double(max(1, $0.total.reduce(0, +))) },
                classErrors: (0..<classes).map { label in
                    Double(mine.reduce(0) { $0 + $1.wrong[label] })
                        / Double(max(1, mine.reduce(0) { $0 + $1.total[label] }))
                },
                wrong: mine.reduce(0) { $0 + $1.wrong.reduce(0, +) },
                tested: mine.reduce(0) { $0 + $1.total.reduce(0, +) }
            )
        }
    }

    package init(points: [Point], pictures: Int) {
        self.points = points
        self.pictures = pictures
    }

    private static func sizes(from least: Int, to most: Int, count: Int) -> [Int] {
        guard count > 1, least < most else { return [most] }
        let ratio = Double(most) / Double(least)
        let all = (0..<count).map { Int((Double(least) * pow(ratio, Double($0) / Double(count - 1))).rounded()) }
        return Array(Set(all)).sorted()
    }

    /// Some pictures with the share of every class kept, at least one of each; larger draws hold the smaller ones.
    private static func draw(
        _ size: Int, of pictures: [Int], labels: [Int], classes: Int, seed: UInt64, draw: Int
    ) -> [Int] {
        let order = CounterRandom(seed: seed, purpose: .sampling).permutation(count: pictures.count, round: draw)
            .map { pictures[$0] }
        var places: [(share: Double, picture: Int)] = []
        for label in 0..<classes {
            let members = order.filter { labels[$0] == label }
            for (place, picture) in members.enumerated() {
                places.append((place == 0 ? -1 : Double(place) / Double(members.count), picture))
            }
        }
        return places.sorted { ($0.share, $0.picture) < ($1.share, $1.picture) }.prefix(size).map(\.picture).sorted()
    }
}
