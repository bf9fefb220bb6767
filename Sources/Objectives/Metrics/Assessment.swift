public import Zoo

/// How well a model does on pictures of which the truth is known, in the figures that fit what it answers.
public enum Assessment: Sendable, Hashable {
    /// One of several classes.
    case classes(Evaluation)
    /// Any number of labels.
    case labels(LabelEvaluation)
    /// Numbers.
    case values(ValueEvaluation)

    /// - Parameters:
    ///   - outputs: `[N, names]`, before any softmax or sigmoid; `[N, 1]` for two classes by one output.
    ///   - targets: N rows.
    ///   - names: of the outputs, in order.
    ///   - thresholds: of labels; nil for one half.
    /// - Throws: `GraftError` `.invalidData` where they do not fit together, or for outputs that are not finite.
    public init(
        outputs: Tensor, targets: Targets, names: [String], thresholds: [Double]? = nil
    ) throws(GraftError) {
        switch targets {
        case .classes(let labels):
            self = .classes(try Evaluation(logits: outputs, labels: labels, classes: names))
        case .labels(let rows):
            self = .labels(try LabelEvaluation(logits: outputs, labels: rows, names: names, thresholds: thresholds))
        case .values(let rows):
            self = .values(try ValueEvaluation(outputs: outputs, values: rows, names: names))
        case .probabilities:
            throw GraftError(.invalidData, "shares of classes cannot be counted", found: targets.kind)
        }
    }

    /// The figures of a model that tells classes apart; nil for another.
    public var evaluation: Evaluation? { if case .classes(let evaluation) = self { evaluation } else { nil } }

    /// Pictures.
    public var total: Int {
        switch self {
        case .classes(let figures): figures.total
        case .labels(let figures): figures.total
        case .values(let figures): figures.total
        }
    }

    /// Pictures that are answered right in every respect; nil for numbers, of which none is right or wrong.
    public var correct: Int? {
        switch self {
        case .classes(let figures): figures.correct
        case .labels(let figures): figures.exact
        case .values: nil
        }
    }

    /// The 95 % Wilson interval of `correct`; nil for numbers.
    public var interval: WilsonInterval? { correct.map { WilsonInterval(correct: $0, total: total) } }

    /// The mean loss that fits the answers, without smoothing or weights; nil where there are no pictures, and for numbers.
    public var loss: Double? {
        switch self {
        case .classes(let figures): figures.loss
        case .labels(let figures): figures.loss
        case .values: nil
        }
    }
}

extension Assessment: CustomStringConvertible {
    /// One line: `68 of 75, 90.7 % (95 % interval 82-95) right`.
    public var description: String {
        switch self {
        case .classes(let figures): "\(figures) right"
        case .labels(let figures): "\(figures)"
        case .values(let figures): "\(figures)"
        }
    }
}
