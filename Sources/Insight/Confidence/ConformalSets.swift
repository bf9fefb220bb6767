/// Sets of classes that hold the right one as often as promised, whatever the model (split conformal prediction; Vovk,
/// Gammerman and Shafer, 2005, with Sadinle et al.'s least ambiguous sets).
package struct ConformalSets: Sendable, Hashable {
    /// The share that was promised.
    package let promised: Double
    /// Classes at least as probable as this are in the set; the most probable one always is.
    package let threshold: Double
    /// The share of pictures whose set, made without their fold, held the right class.
    package let coverage: Double
    /// The mean number of classes in those sets.
    package let size: Double
    /// Pictures.
    package let count: Int

    /// - Parameters:
    ///   - probabilities: `[N][K]`, of pictures that the model had not seen.
    ///   - fold: a number for each picture, to measure the coverage across folds.
    package init(promised: Double, probabilities: [[Double]], labels: [Int], fold: [Int]) {
        self.promised = promised
        count = labels.count
        threshold = Self.threshold(promised, labels.indices.map { probabilities[$0][labels[$0]] })
        var covered = 0, sizes = 0
        for index in Set(fold).sorted() {
            let others = labels.indices.filter { fold[$0] != index }
            let threshold = Self.threshold(promised, others.map { probabilities[$0][labels[$0]] })
            for picture in labels.indices where fold[picture] == index {
                let set = Self.set(probabilities[picture], threshold: threshold)
                sizes += set.count
                if set.contains(labels[picture]) { covered += 1 }
            }
        }
        coverage = labels.isEmpty ? 0 : Double(covered) / Double(labels.count)
        size = labels.isEmpty ? 0 : Double(sizes) / Double(labels.count)
    }

    /// The classes of a picture, the most probable first; never none.
    package func set(_ probabilities: [Double]) -> [Int] { Self.set(probabilities, threshold: threshold) }

    private static func set(_ probabilities: [Double], threshold: Double) -> [Int] {
        let order = probabilities.indices.sorted { (-probabilities[$0], $0) < (-probabilities[$1], $1) }
        return order.enumerated().filter { $0 == 0 || probabilities[$1] >= threshold }.map(\.element)
    }

    /// The probability of right classes that all but the promised share are at least; 0, every class, where there are too few
    /// pictures for the promise.
    private static func threshold(_ promised: Double, _ right: [Double]) -> Double {
        let left = Int((Double(right.count + 1) * (1 - promised) + 1e-9).rounded(.down))
        guard left >= 1 else { return 0 }
        return right.sorted()[left - 1]
    }
}
