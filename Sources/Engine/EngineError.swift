public import Zoo

/// What can keep a graph from becoming a plan, or a plan from running.
public struct EngineError: ExplainedError, Hashable {
    /// The kinds of fault.
    public enum Code: Sendable, Hashable {
        /// An input of another shape than the plan was made for, or a graph whose shapes do not fit.
        case shapeMismatch
        /// A parameter that is missing or of another shape.
        case weights
        /// `GRAFT_ISA` names an instruction set that is unknown or that this processor does not have.
        case instructionSet
        /// A number of threads that makes no sense.
        case threads
        /// An image whose feature maps would not fit in memory.
        case tooLarge
        /// An operation that this plan cannot carry out.
        case unsupported
        /// A setting or number that makes no sense.
        case invalidValue
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

    /// A graph's own complaint about its shapes.
    init(_ error: ZooError) {
        self.code = .shapeMismatch
        self.message = error.message
        self.context = error.context
    }
}
