public import Zoo

/// What can go wrong between a folder of pictures and a trained model.
public struct TrainingError: ExplainedError, Hashable {
    /// The kinds of fault.
    public enum Code: Sendable, Hashable {
        /// A folder, file or list of pictures that cannot be trained on.
        case invalidData
        /// A setting that does not fit the model or the data.
        case invalidValue
        /// A model that cannot be trained as asked.
        case invalidModel
        /// The numbers left the range of floating point.
        case diverged
        /// A file that could not be read or written.
        case file
    }

    /// The kind of fault.
    public let code: Code
    /// What is wrong.
    public let message: String
    /// Where, what was expected and found, what to do.
    public var context: ErrorContext

    /// An error and the facts behind it.
    public init(
        _ code: Code, _ message: String, file: String? = nil, member: String? = nil, parameter: String? = nil,
        expected: String? = nil, found: String? = nil, remedy: String? = nil
    ) {
        self.code = code
        self.message = message
        self.context = ErrorContext(
            file: file, member: member, parameter: parameter, expected: expected, found: found, remedy: remedy)
    }

    /// Another module's error, its words kept.
    public init(_ code: Code, _ error: some ExplainedError) {
        self.code = code
        self.message = error.message
        self.context = error.context
    }
}
