/// What can be wrong with a model's description or with the request for one.
public struct ZooError: ExplainedError, Hashable {
    /// The kinds of fault.
    public enum Code: Sendable, Hashable {
        /// Shapes that do not fit together.
        case shapeMismatch
        /// A layer or option with a value that makes no sense.
        case invalidValue
        /// A name that nobody registered.
        case unknownName
        /// A name that is taken, empty or badly formed.
        case invalidName
        /// A graph that cannot be built or cut as asked.
        case invalidGraph
        /// Weights that are missing, unexpected or of another shape.
        case weights
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

    /// A name that is not among the known ones, with the nearest of them as the remedy.
    public static func unknown(_ what: String, _ name: String, among known: [String]) -> ZooError {
        let remedy =
            nearestName(to: name, among: known).map { "did you mean '\($0)'?" }
            ?? "known: \(known.sorted().joined(separator: ", "))"
        return ZooError(.unknownName, "unknown \(what) '\(name)'", remedy: remedy)
    }
}
