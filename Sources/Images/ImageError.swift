public import Zoo

/// What can be wrong with a picture file, or with what is asked of a picture.
public struct ImageError: ExplainedError, Hashable {
    /// The kinds of fault.
    public enum Code: Sendable, Hashable {
        /// No file of that name.
        case missingFile
        /// A directory, pipe or device.
        case notAFile
        /// The system would not let the file be read.
        case unreadable
        /// More bytes or pixels than the limits allow.
        case tooLarge
        /// Not JPEG, PNG or WebP.
        case unknownFormat
        /// JPEG, PNG or WebP of a kind that is not read.
        case unsupported
        /// The file ends before the picture does.
        case truncated
        /// The file contradicts its format.
        case corrupt
        /// The memory for the picture could not be had.
        case outOfMemory
        /// A size, quality or preprocessing that makes no sense.
        case invalidRequest
    }

    /// The kind of fault, to switch on.
    public let code: Code
    /// What went wrong, as one clause without a full stop.
    public let message: String
    /// Where, what was expected and found, and what to do.
    public var context: ErrorContext

    /// An error with as much context as is known.
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
