public import Zoo

/// What can keep a model from being written for others, read from others or tested.
public struct ExchangeError: ExplainedError, Hashable {
    /// The kinds of fault.
    public enum Code: Sendable, Hashable {
        /// A file that does not hold a whole model, or another one than said.
        case invalidModel
        /// A head and a backbone that were not trained together.
        case wrongBase
        /// A format that cannot be written, or not so.
        case format
        /// A model without a probe, or with one of another version.
        case probe
    }

    /// The kind of fault.
    public let code: Code
    /// What is wrong.
    public let message: String
    /// Where, what was expected and found, what to do.
    public var context: ErrorContext

    /// An error and the facts behind it.
    public init(
        _ code: Code, _ message: String, file: String? = nil, parameter: String? = nil, expected: String? = nil,
        found: String? = nil, remedy: String? = nil
    ) {
        self.code = code
        self.message = message
        self.context = ErrorContext(
            file: file, parameter: parameter, expected: expected, found: found, remedy: remedy)
    }
}
