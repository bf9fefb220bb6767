#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif
import Weights
package import Zoo

/// How foreign a picture is to all that a model was trained on: how near it is to training pictures, and how sure the model
/// is, each compared with training pictures that the model had not seen.
package struct StrangerScore: Sendable {
    /// Training pictures' features, of length 1: at most `mostPrototypes`.
    package let prototypes: FeatureRows
    /// The class of each prototype.
    package let labels: [Int]
    /// For training pictures that were left out: the mean cosine to the nearest ones, ascending.
    package let cosines: [Float]
    /// Their largest probability, ascending.
    package let confidences: [Float]
    /// A picture of a lower score is called a stranger.
    package let threshold: Double
    /// The share of the training pictures' own kind that was to be called so.
    package let promised: Double

    private let rows: UnitRows

    /// More would make the model file large, and answers slow.
    package static let mostPrototypes = 2000
    package static let neighbours = 5
    /// Fewer pictures of a class say too little about what is usual in it.
    package static let leastPictures = 20

    /// From what a model file holds.
    /// - Throws: `GraftError.invalidModel` for numbers that make no sense.
    package init(
        prototypes: FeatureRows, labels: [Int], cosines: [Float], confidences: [Float], threshold: Double,
        promised: Double
    ) throws(GraftError) {
        guard prototypes.count >= Self.neighbours, labels.count == prototypes.count, !cosines.isEmpty,
            !confidences.isEmpty, threshold.isFinite,
            zip(cosines, cosines.dropFirst()).allSatisfy({ $0 <= $1 }),
            zip(confidences, confidences.dropFirst()).allSatisfy({ $0 <= $1 })
        else {
            throw GraftError(.invalidModel, "the yardstick for strangers is not one")
        }
        self.prototypes = prototypes
        self.labels = labels
        self.cosines = cosines
        self.confidences = confidences
        self.threshold = threshold
        self.promised = promised
        rows = UnitRows(unit: prototypes)
    }

    /// How foreign a picture is: the lower, the more. Both ranks count as Fisher's sum of logarithms, so that one that
    /// says "never seen" is heard; below the least ever seen the logarithm goes on by how far below.
    /// - Parameters:
    ///   - features: `[F]`, of any length.
    ///   - confidence: the largest probability.
    package func score(features: [Float], confidence: Double) -> Double {
        let picture = UnitRows(FeatureRows(checked: features, width: features.count))
        return score(cosine: cosine(picture, 0), confidence: confidence)
    }

    /// Whether a picture of that score is none of the classes.
    package func isStranger(_ score: Double) -> Bool { score < threshold }

    package func cosine(_ pictures: UnitRows, _ row: Int) -> Double {
        let near = rows.nearest(Self.neighbours, to: pictures.cosines(of: row, with: rows, 0..<rows.count))
        return near.reduce(0.0) { $0 + Double($1.cosine) } / Double(max(1, near.count))
    }

    package func score(cosine: Double, confidence: Double) -> Double {
        Self.logRank(cosine, in: cosines, goesOn: true) + Self.logRank(confidence, in: confidences, goesOn: false)
    }

    /// The logarithm of the share of values that are at most as large, with neighbours joined by straight lines.
    /// - Parameter goesOn: whether it matters how far below the least a value is.
    private static func logRank(_ value: Double, in sorted: [Float], goesOn: Bool) -> Double {
        let count = Double(sorted.count)
        var low = 0, high = sorted.count
        while low < high {
            let middle = (low + high) / 2
            if Double(sorted[middle]) <= value { low = middle + 1 } else { high = middle }
        }
        guard low > 0 else {
            // Beyond the least: as far as it is from the median, in units of the range below it.
            let least = Double(sorted[0]), middle = Double(sorted[sorted.count / 2])
            let unit = max(middle - least, 1e-6)
            guard goesOn else { return -log(count + 1) }
            return -log(count + 1) - min(20, (least - value) / unit * log(count + 1))
        }
        var rank = Double(low)
        if low < sorted.count {
            let before = Double(sorted[low - 1]), after = Double(sorted[low])
            if after > before { rank += (value - before) / (after - before) }
        }
        return log(min(rank, count) / (count + 1))
    }
}
