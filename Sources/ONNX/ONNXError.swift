public import Zoo

/// What can keep a model from being written as ONNX.
public struct ONNXError: ExplainedError, Hashable {
    /// The kinds of fault.
    public enum Code: Sendable, Hashable {
        /// A parameter that is missing or of another shape.
        case weights
        /// A graph whose shapes do not fit.
        case shapeMismatch
        /// More bytes than a protocol buffer may have.
        case tooLarge
    }

    /// The kind of fault.
    public let code: Code
    /// What is wrong.
    public let message: String
    /// Where, what was expected and found, what to do.
    public var context: ErrorContext

    /// An error and the facts behind it.
    public init(
        _ code: Code, _ message: String, parameter: String? = nil, expected: String? = nil, found: String? = nil,
        remedy: String? = nil
    ) {
        self.code = code
        self.message = message
        self.context = ErrorContext(parameter: parameter, expected: expected, found: found, remedy: remedy)
    }
}
