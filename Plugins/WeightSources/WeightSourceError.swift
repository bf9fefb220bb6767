public import Zoo

/// What can go wrong on the way from a publisher to the cache.
public struct WeightSourceError: ExplainedError, Hashable {
    /// The kinds of fault.
    public enum Code: Sendable, Hashable {
        /// An address that is none, or of a kind that cannot be downloaded.
        case address
        /// No connection, or one that was cut or timed out.
        case network
        /// The server answered with an error.
        case status
        /// The server offers or sends a file of another length than the published one.
        case length
        /// The file is not the published one: its SHA-256 differs.
        case hash
        /// A file or directory that cannot be read or written.
        case file
        /// A converted file that is for something else.
        case metadata
    }

    /// The kind of fault.
    public let code: Code
    /// What went wrong, as one clause without a full stop.
    public let message: String
    /// Where, what was expected and found, and what to do.
    public var context: ErrorContext

    /// An error with whatever is known of its context.
    public init(
        _ code: Code, _ message: String, file: String? = nil, expected: String? = nil, found: String? = nil,
        remedy: String? = nil
    ) {
        self.code = code
        self.message = message
        self.context = ErrorContext(file: file, expected: expected, found: found, remedy: remedy)
    }
}
