/// What a model answers of a picture.
public enum ModelTask: String, Sendable, Hashable, Codable, CaseIterable {
    /// One of several classes: probabilities that add up to one.
    case classification
    /// Any number of labels, each with a probability of its own.
    case multilabel
    /// Numbers, with a name each.
    case regression

    /// What the names of outputs are called.
    package var outputNoun: String {
        switch self {
        case .classification: "class"
        case .multilabel: "label"
        case .regression: "value"
        }
    }

    /// Refuses what only classes can do.
    /// - Parameter what: as in `graft calibrate`.
    /// - Throws: `GraftError` `.invalidData`
    package func requireClasses(_ what: String, file: String? = nil) throws(GraftError) {
        guard self != .classification else { return }
        throw GraftError(
            .invalidData, "\(what) is for pictures of one class each", file: file,
            expected: ModelTask.classification.rawValue, found: rawValue)
    }
}
