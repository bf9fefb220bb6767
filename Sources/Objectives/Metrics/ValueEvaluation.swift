public import Zoo

/// How near a model's numbers are to the true ones.
public struct ValueEvaluation: Sendable, Hashable {
    /// The figures of one value, in its own unit.
    public struct ValueScore: Sendable, Hashable {
        /// The value's name.
        public let name: String
        /// The mean of the differences' sizes.
        public let meanAbsoluteError: Double
        /// Its 95 % interval.
        public let meanAbsoluteErrorInterval: Interval
        /// The root of the differences' mean square.
        public let rootMeanSquaredError: Double
        /// The share of the variance that is explained: `1 - sum (y - answer)^2 / sum (y - mean y)^2`; nil where all true
        /// values are equal.
        public let r2: Double?
        /// Its 95 % interval.
        public let r2Interval: Interval?
        /// The mean of the true values: answering it always has an R² of 0.
        public let mean: Double
    }

    /// Pictures.
    public let total: Int
    /// One entry a value, in order.
    public let perValue: [ValueScore]

    /// - Parameters:
    ///   - outputs: `[N, values]`
    ///   - values: `[N, values]`, the true ones.
    /// - Throws: `GraftError.invalidData` where they do not fit together, or for outputs that are not finite.
    public init(outputs: Tensor, values: Tensor, names: [String]) throws(GraftError) {
        let rows = try OutputRows(outputs, like: values, names: names)
        total = rows.count
        perValue = names.indices.map { column in
            let pairs = (0..<rows.count).map { row in
                (answer: rows[row, column], truth: Double(values.elements[row * names.count + column]))
            }
            let resampled = Bootstrap(count: pairs.count).intervals { indices in
                let figures = Figures(indices.lazy.map { pairs[$0] })
                return [figures.meanAbsoluteError, figures.r2]
            }
            let own = Figures(pairs)
            return ValueScore(
                name: names[column], meanAbsoluteError: own.meanAbsoluteError ?? 0,
                meanAbsoluteErrorInterval: resampled.first.flatMap { $0 } ?? Interval(lower: 0, upper: 0),
                rootMeanSquaredError: own.rootMeanSquaredError, r2: own.r2, r2Interval: resampled.last.flatMap { $0 },
                mean: own.mean)
        }
    }

    /// What some pairs come to.
    private struct Figures {
        let meanAbsoluteError: Double?
        let rootMeanSquaredError: Double
        let r2: Double?
        let mean: Double

        init(_ pairs: some Collection<(answer: Double, truth: Double)>) {
            let count = Double(max(1, pairs.count))
            let mean = pairs.reduce(0) { $0 + $1.truth } / count
            let squares = pairs.reduce(0) { $0 + ($1.answer - $1.truth) * ($1.answer - $1.truth) }
            let variance = pairs.reduce(0) { $0 + ($1.truth - mean) * ($1.truth - mean) }
            meanAbsoluteError = pairs.isEmpty ? nil : pairs.reduce(0) { $0 + abs($1.answer - $1.truth) } / count
            rootMeanSquaredError = (squares / count).squareRoot()
            r2 = variance > 0 ? 1 - squares / variance : nil
            self.mean = mean
        }
    }
}

extension ValueEvaluation: CustomStringConvertible {
    /// `price: mean absolute error 3.21, R² 0.84 (95 % interval 0.77 to 0.89)`
    public var description: String {
        perValue.map { score in
            let r2 = score.r2.map { value in
                ", R² \(NumberText.fixed(value, 2))"
                    + (score.r2Interval.map {
                        " (95 % interval \(NumberText.fixed($0.lower, 2)) to \(NumberText.fixed($0.upper, 2)))"
                    } ?? "")
            }
            return "\(score.name): mean absolute error \(NumberText.figure(score.meanAbsoluteError))\(r2 ?? "")"
        }.joined(separator: "; ")
    }
}
