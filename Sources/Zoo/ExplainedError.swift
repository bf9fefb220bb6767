/// What every error of Graft is: a sentence, and the facts a person needs to mend the cause.
///
/// Each module has one error type, a struct with a code to switch on.
public protocol ExplainedError: Error, CustomStringConvertible {
    /// What went wrong, as one clause without a full stop.
    var message: String { get }
    /// Where, what was expected and found, and what to do.
    var context: ErrorContext { get }
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

extension ExplainedError {
    /// One line: `FILE: MEMBER: PARAMETER: message: expected X, found Y; remedy`. Control characters of names that come
    /// from files are escaped, so that the line stays one.
    public var description: String {
        var line = [context.file, context.member, context.parameter].compactMap { $0 }.map { "\($0): " }.joined()
        line += message
        switch (context.expected, context.found) {
        case (let expected?, let found?): line += ": expected \(expected), found \(found)"
        case (let expected?, nil): line += ": expected \(expected)"
        case (nil, let found?): line += ": found \(found)"
        case (nil, nil): break
        }
        if let remedy = context.remedy { line += "; \(remedy)" }
        var safe = String.UnicodeScalarView()
        for scalar in line.unicodeScalars {
            switch scalar.properties.generalCategory {
            case .control, .lineSeparator, .paragraphSeparator, .format:
                safe.append(contentsOf: scalar.escaped(asASCII: true).unicodeScalars)
            default: safe.append(scalar)
            }
        }
        return String(safe)
    }
}
