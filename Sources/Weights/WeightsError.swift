public import Zoo

/// What can be wrong with a file of weights, an archive or a file to be written.
public struct WeightsError: ExplainedError, Hashable {
    /// The kinds of fault.
    public enum Code: Sendable, Hashable {
        /// A file that cannot be opened or read.
        case unreadable
        /// A file that cannot be written: no space, no permission, in the way.
        case unwritable
        /// Bytes that contradict each other: cut short, changed, overlapping.
        case damaged
        /// A file or part of it in a form that Graft does not read.
        case unsupported
        /// Something that a harmless file does not ask for: code, paths outside, sizes out of proportion.
        case refused
        /// A value that float32 does not hold, NaN or infinity.
        case value
        /// A tensor whose SHA-256 is not the stated one.
        case hash
        /// Weights that are missing, unexpected or of another shape.
        case mismatch
    }

    /// The kind of fault.
    public let code: Code
    /// What went wrong, as one clause without a full stop.
    public let message: String
    /// Where, what was expected and found, and what to do.
    public var context: ErrorContext

    /// An error with whatever is known of its context.
    public init(
        _ code: Code, _ message: String, file: String? = nil, member: String? = nil, expected: String? = nil,
        found: String? = nil, remedy: String? = nil
    ) {
        self.code = code
        self.message = message
        self.context = ErrorContext(file: file, member: member, expected: expected, found: found, remedy: remedy)
    }
}
