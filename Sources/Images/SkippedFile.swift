package import Zoo

/// Something that was left out, and why.
public struct SkippedFile: Sendable, Hashable {
    /// The file as it was named or found.
    public let path: String
    /// Why, without the file's name.
    public let reason: String

    /// A file left out for that reason.
    public init(path: String, reason: String) {
        self.path = path
        self.reason = reason
    }
}

extension SkippedFile: CustomStringConvertible {
    /// One line, the path escaped.
    public var description: String { "\(path.shown): \(reason)" }
}

extension SkippedFile: Error {
    /// What an error says of a file, without the file's name.
    package init(path: String, _ error: GraftError) {
        var error = error
        if error.context.file == path { error.context.file = nil }
        self.init(path: path, reason: error.description)
    }
}
