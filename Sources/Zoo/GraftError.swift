/// What every function of Graft throws: a sentence, and the facts a person needs to mend the cause.
public struct GraftError: Error, Sendable, Equatable {
    /// The kind of fault.
    public let code: ErrorCode
    /// What went wrong, as one clause without a full stop.
    public let message: String
    /// Where, what was expected and found, and what to do.
    public var context: ErrorContext
    private let causes: [GraftError]

    /// An error and the facts behind it.
    public init(
        _ code: ErrorCode, _ message: String, file: String? = nil, member: String? = nil, parameter: String? = nil,
        expected: String? = nil, found: String? = nil, remedy: String? = nil, cause: GraftError? = nil
    ) {
        self.code = code
        self.message = message
        self.context = ErrorContext(
            file: file, member: member, parameter: parameter, expected: expected, found: found, remedy: remedy)
        causes = cause.map { [$0] } ?? []
    }

    /// The same words for a fault that means something else here; `cause` is what it was.
    public init(_ code: ErrorCode, _ cause: GraftError) {
        self.code = code
        self.message = cause.message
        self.context = cause.context
        causes = [cause]
    }

    /// The error that led to this one, nil for the first.
    public var cause: GraftError? { causes.first }

    /// Whether this error or one of those that led to it is of that kind.
    public func isCaused(by code: ErrorCode) -> Bool { self.code == code || cause?.isCaused(by: code) == true }

    /// A name that is not among the known ones, with the nearest of them as the remedy.
    public static func unknown(_ what: String, _ name: String, among known: [String]) -> GraftError {
        let remedy =
            nearestName(to: name, among: known).map { "did you mean '\($0)'?" }
            ?? "known: \(known.sorted().joined(separator: ", "))"
        return GraftError(.unknownName, "unknown \(what) '\(name)'", remedy: remedy)
    }
}

/// The facts behind an error's message.
public struct ErrorContext: Sendable, Hashable {
    /// The file as the user named it.
    public var file: String?
    /// A part of the file: an archive member, a tensor, a line.
    public var member: String?
    /// A configuration key, layer or parameter path.
    public var parameter: String?
    /// What would have been right.
    public var expected: String?
    /// What was there instead.
    public var found: String?
    /// What to do about it.
    public var remedy: String?

    /// Those facts that are known.
    public init(
        file: String? = nil, member: String? = nil, parameter: String? = nil, expected: String? = nil,
        found: String? = nil, remedy: String? = nil
    ) {
        self.file = file
        self.member = member
        self.parameter = parameter
        self.expected = expected
        self.found = found
        self.remedy = remedy
    }
}

extension GraftError: CustomStringConvertible {
    /// One line: `FILE: MEMBER: PARAMETER: message: expected X, found Y; remedy`. What of names that come from files would
    /// break the line, or is not UTF-8, is escaped: `\xE9`.
    public var description: String {
        var line = [context.file?.shown, context.member, context.parameter].compactMap { $0 }.map { "\($0): " }.joined()
        line += message
        switch (context.expected, context.found) {
        case (let expected?, let found?): line += ": expected \(expected), found \(found)"
        case (let expected?, nil): line += ": expected \(expected)"
        case (nil, let found?): line += ": found \(found)"
        case (nil, nil): break
        }
        if let remedy = context.remedy { line += "; \(remedy)" }
        return line.onOneLine
    }
}
