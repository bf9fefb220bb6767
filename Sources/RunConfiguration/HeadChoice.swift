import Images
import Learning
public import Zoo

extension TrainingConfiguration {
    /// The head's kind and options.
    public struct HeadChoice: Sendable, Hashable {
        /// A registered kind; nil for the one that suits: `logistic` where nothing is said of how to train, as far as it is
        /// solved in seconds, else `linear`.
        public var kind: String?
        /// What that kind understands.
        public var options: [String: OptionValue] = [:]

        /// What suits.
        public init() {}

        /// Trained by gradient descent, for whatever is to be learnt.
        package static let trained = "linear"
        /// Solved for: for classes, on features that are computed once.
        fileprivate static let solved = "logistic"
        /// Pictures times features times classes: what two cores solve for in a quarter of a minute.
        package static let mostProducts = 100_000_000
    }

    /// The kind of head for what there is to learn.
    /// - Parameters:
    ///   - features: how many a picture has.
    ///   - known: the kinds that are registered.
    package func headKind(
        task: ModelTask, classes: Int, pictures: Int, features: Int, known: [String]
    ) -> String {
        if let kind = head.kind { return kind }
        guard train.saysNothingOfSteps, data.augment.isEmpty else { return HeadChoice.trained }
        return solvedKind(task: task, classes: classes, pictures: pictures, features: features, known: known)
            ?? HeadChoice.trained
    }

    /// The kind of a head that is solved for; nil where a kind or options are given, and where it would take too long.
    package func solvedKind(
        task: ModelTask, classes: Int, pictures: Int, features: Int, known: [String]
    ) -> String? {
        let size = [classes, pictures, features].reduce(1) { product, factor in
            let (size, overflows) = product.multipliedReportingOverflow(by: factor)
            return overflows ? Int.max : size
        }
        let isSolved =
            head.kind == nil && known.contains(HeadChoice.solved) && head.options.isEmpty && task == .classification
            && classes > 1 && size <= HeadChoice.mostProducts && pooling != .positions
        return isSolved ? HeadChoice.solved : nil
    }
}
