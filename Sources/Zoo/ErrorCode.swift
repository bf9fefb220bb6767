/// The kind of a fault, to compare with the ones below. An open list: a later version may know more, and a plugin may add
/// its own in an extension.
public struct ErrorCode: Sendable, Hashable, CustomStringConvertible {
    /// Its name: `unknown_name`.
    public let name: String

    /// The kind of that name.
    public init(_ name: String) { self.name = name }

    /// Its name.
    public var description: String { name }
}

/// Descriptions of models, and requests.
extension ErrorCode {
    /// Shapes that do not fit together.
    public static let shapeMismatch = ErrorCode("shape_mismatch")
    /// A setting, option or number that makes no sense.
    public static let invalidValue = ErrorCode("invalid_value")
    /// A name that nobody registered.
    public static let unknownName = ErrorCode("unknown_name")
    /// A name that is taken, empty or badly formed.
    public static let invalidName = ErrorCode("invalid_name")
    /// A graph that cannot be built or cut as asked.
    public static let invalidGraph = ErrorCode("invalid_graph")
    /// Weights that are missing, unexpected or of another shape.
    public static let weights = ErrorCode("weights")
    /// A model that cannot be used as asked, or a file that does not hold a whole one.
    public static let invalidModel = ErrorCode("invalid_model")
    /// A head and a backbone that were not trained together.
    public static let wrongBase = ErrorCode("wrong_base")
    /// A model without a probe, or with one of another version.
    public static let probe = ErrorCode("probe")
    /// A format that cannot be written, or not so.
    public static let format = ErrorCode("format")
}

/// Files and bytes.
extension ErrorCode {
    /// No file of that name.
    public static let missingFile = ErrorCode("missing_file")
    /// A directory, pipe or device.
    public static let notAFile = ErrorCode("not_a_file")
    /// A file that cannot be opened or read.
    public static let unreadable = ErrorCode("unreadable")
    /// A file that cannot be written: no space, no permission, in the way.
    public static let unwritable = ErrorCode("unwritable")
    /// A file that could not be read or written.
    public static let file = ErrorCode("file")
    /// Bytes that contradict each other or their format: cut short, changed, overlapping.
    public static let damaged = ErrorCode("damaged")
    /// A file that ends before what it holds does.
    public static let truncated = ErrorCode("truncated")
    /// A file of a format that is not known.
    public static let unknownFormat = ErrorCode("unknown_format")
    /// A file, a part of it or an operation of a kind that Graft does not read or carry out.
    public static let unsupported = ErrorCode("unsupported")
    /// Something that a harmless file does not ask for: code, paths outside, sizes out of proportion.
    public static let refused = ErrorCode("refused")
    /// A value that float32 does not hold, NaN or infinity.
    public static let value = ErrorCode("value")
    /// Bytes whose SHA-256 is not the stated one.
    public static let hash = ErrorCode("hash")
    /// More bytes or pixels than the limits or the memory allow.
    public static let tooLarge = ErrorCode("too_large")
    /// A converted file that is for something else.
    public static let metadata = ErrorCode("metadata")
}

/// Machines and networks.
extension ErrorCode {
    /// An instruction set that is unknown or that this processor does not have.
    public static let instructionSet = ErrorCode("instruction_set")
    /// A number of threads that makes no sense.
    public static let threads = ErrorCode("threads")
    /// Memory that could not be had.
    public static let outOfMemory = ErrorCode("out_of_memory")
    /// An address that is none, or of a kind that cannot be downloaded.
    public static let address = ErrorCode("address")
    /// No connection, or one that was cut or timed out.
    public static let network = ErrorCode("network")
    /// A server's answer that is an error.
    public static let status = ErrorCode("status")
    /// Processes that were to work together and cannot.
    public static let ranks = ErrorCode("ranks")
    /// A server's file of another length than the published one.
    public static let length = ErrorCode("length")
}

/// Training.
extension ErrorCode {
    /// A folder, file or list of pictures that cannot be trained on.
    public static let invalidData = ErrorCode("invalid_data")
    /// Numbers that left the range of floating point.
    public static let diverged = ErrorCode("diverged")
    /// Work that its caller gave up.
    public static let cancelled = ErrorCode("cancelled")
}
