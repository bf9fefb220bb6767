public import Zoo

/// What can be wrong with the numbers that a plan is given.
public struct EngineError: ExplainedError, Hashable {
    /// The kinds of fault.
    public enum Code: Sendable, Hashable {
        /// A tensor that does not fit the graph.
        case shapeMismatch
        /// A parameter of the graph that the weights do not hold.
        case missingWeight
        /// Something that this plan cannot do.
        case unsupported
        /// A setting or number that makes no sense.
        case invalidValue
    }

    /// What to switch on.
    public let code: Code
    /// What went wrong.
    public let message: String
    /// Where, and what to do.
    public var context: ErrorContext

    /// An error with the facts that are known.
    public init(
        _ code: Code, _ message: String, parameter: String? = nil, expected: String? = nil, found: String? = nil,
        remedy: String? = nil
    ) {
        self.code = code
        self.message = message
        self.context = ErrorContext(parameter: parameter, expected: expected, found: found, remedy: remedy)
    }
}
