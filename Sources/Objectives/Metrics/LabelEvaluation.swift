import Engine
public import Zoo

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// How well logits fit labels of which any number may be true, counted label by label.
public struct LabelEvaluation: Sendable, Hashable {
    /// The figures of one label. A ratio whose denominator is zero is 0.
    public struct LabelScore: Sendable, Hashable {
        /// The label.
        public let name: String
        /// The probability from which on it counts as told.
        public let threshold: Double
        /// Pictures that have it and were told so.
        public let hits: Int
        /// Pictures that were told to have it.
        public let told: Int
        /// Pictures that have it.
        public let support: Int
        /// Of the pictures told to have it, the share that do.
        public let precision: Double
        /// Of the pictures that have it, the share that were told so.
        public let recall: Double
        /// The harmonic mean of the two.
        public let f1: Double
        /// The mean precision over all thresholds, weighted by the recall that each adds (scikit-learn's
        /// `average_precision_score`); nil for a label that no picture has.
        public let averagePrecision: Double?
    }

    /// Pictures with every label told right.
    public let exact: Int
    /// Pictures.
    public let total: Int
    /// The 95 % Wilson interval of the share of exact pictures.
    public let interval: WilsonInterval
    /// Mean over pictures and labels of the sigmoid cross-entropy; nil where there are no pictures.
    public let loss: Double?
    /// The mean of the labels' average precision (mAP), of those that any picture has; nil where there is none.
    public let meanAveragePrecision: Double?
    /// The mean of the labels' F1 (macro).
    public let macroF1: Double
    /// F1 of all answers together (micro).
    public let microF1: Double
    /// One entry a label, in order.
    public let perLabel: [LabelScore]

    /// - Parameters:
    ///   - logits: `[N, labels]`
    ///   - labels: `[N, labels]`, 1 where the label fits, 0 where it does not.
    ///   - thresholds: one probability a label; nil for one half.
    /// - Throws: `GraftError.invalidData` where they do not fit together, or for logits that are not finite.
    public init(
        logits: Tensor, labels: Tensor, names: [String], thresholds: [Double]? = nil
    ) throws(GraftError) {
        let rows = try OutputRows(logits, like: labels, names: names)
        let thresholds = thresholds ?? [Double](repeating: 0.5, count: names.count)
        var told = [Int](repeating: 0, count: names.count)
        var (hits, support) = (told, told)
        var (exact, loss) = (0, 0.0)
        for row in 0..<rows.count {
            var isExact = true
            for column in names.indices {
                let isTrue = labels.elements[row * names.count + column] > 0.5
                let isTold = Self.probability(rows[row, column]) >= thresholds[column]
                told[column] += isTold ? 1 : 0
                support[column] += isTrue ? 1 : 0
                hits[column] += isTold && isTrue ? 1 : 0
                isExact = isExact && isTold == isTrue
                let logit = rows[row, column]
                loss += max(logit, 0) - (isTrue ? logit : 0) + log1p(exp(-abs(logit)))
            }
            exact += isExact ? 1 : 0
        }
        func ratio(_ part: Int, _ whole: Int) -> Double { whole > 0 ? Double(part) / Double(whole) : 0 }
        perLabel = names.indices.map { column in
            LabelScore(
                name: names[column], threshold: thresholds[column], hits: hits[column], told: told[column],
                support: support[column], precision: ratio(hits[column], told[column]),
                recall: ratio(hits[column], support[column]),
                f1: ratio(2 * hits[column], told[column] + support[column]),
                averagePrecision: Self.averagePrecision(
                    (0..<rows.count).map { rows[$0, column] },
                    (0..<rows.count).map { labels.elements[$0 * names.count + column] > 0.5 }))
        }
        let known = perLabel.compactMap(\.averagePrecision)
        meanAveragePrecision = known.isEmpty ? nil : known.reduce(0, +) / Double(known.count)
        macroF1 = perLabel.reduce(0) { $0 + $1.f1 } / Double(max(1, perLabel.count))
        microF1 = ratio(2 * hits.reduce(0, +), told.reduce(0, +) + support.reduce(0, +))
        self.exact = exact
        total = rows.count
        interval = WilsonInterval(correct: exact, total: rows.count)
        self.loss = rows.count > 0 ? loss / Double(rows.count * names.count) : nil
    }

    /// The sigmoid.
    package static func probability(_ logit: Double) -> Double {
        let small = exp(-abs(logit))
        return logit >= 0 ? 1 / (1 + small) : small / (1 + small)
    }

    /// Pictures with equal scores are taken together, so that their order does not matter.
    private static func averagePrecision(_ scores: [Double], _ isTrue: [Bool]) -> Double? {
        let positives = isTrue.count { $0 }
        guard positives > 0 else { return nil }
        let order = scores.indices.sorted { scores[$0] > scores[$1] }
        var (hits, sum, position) = (0, 0.0, 0)
        while position < order.count {
            var end = position
            var found = 0
            while end < order.count, scores[order[end]] == scores[order[position]] {
                found += isTrue[order[end]] ? 1 : 0
                end += 1
            }
            hits += found
            sum += Double(found) / Double(positives) * Double(hits) / Double(end)
            position = end
        }
        return sum
    }
}

extension LabelEvaluation: CustomStringConvertible {
    /// `60 of 75, 80.0 % (95 % interval 70-87) with every label right; mean average precision 93.1 %`
    public var description: String {
        "\(Evaluation.describe(correct: exact, total: total)) with every label right"
            + (meanAveragePrecision.map { "; mean average precision \(NumberText.percent($0))" } ?? "")
    }
}
