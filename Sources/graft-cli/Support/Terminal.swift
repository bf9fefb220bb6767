import Zoo

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    // `stdout` is a variable there.
    @preconcurrency import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Standard output and error. Colours and redrawn lines are for a terminal only; `NO_COLOR` turns colours off.
enum Terminal {
    /// What a text is, which decides its colour.
    enum Style: String {
        case plain = "0"
        case strong = "1"
        case quiet = "2"
        case good = "32"
        case bad = "31"
        case accent = "36"
    }

    static let errorIsTerminal = isatty(STDERR_FILENO) == 1
    private static let outputHasColour = isatty(STDOUT_FILENO) == 1 && getenv("NO_COLOR") == nil
    private static let errorHasColour = errorIsTerminal && getenv("NO_COLOR") == nil

    /// `text` in colour where standard output shows it.
    static func styled(_ text: String, _ style: Style) -> String {
        outputHasColour && style != .plain ? "\u{1B}[\(style.rawValue)m\(text)\u{1B}[0m" : text
    }

    /// `text` in colour where standard error shows it.
    static func styledForError(_ text: String, _ style: Style) -> String {
        errorHasColour && style != .plain ? "\u{1B}[\(style.rawValue)m\(text)\u{1B}[0m" : text
    }

    /// A path alone on a line of standard output, by its bytes: a script takes it for the file's name.
    static func show(path: String) {
        let bytes = path.fileBytes + [UInt8(ascii: "\n")]
        fwrite(bytes, 1, bytes.count, stdout)
    }

    /// A line on standard error, after wiping a progress line.
    static func complain(_ line: String, _ style: Style = .plain) {
        let line = line.onOneLine
        let text =
            line.hasPrefix("error:") ? styledForError("error:", .bad) + line.dropFirst(6) : styledForError(line, style)
        writeError((errorIsTerminal ? "\r\u{1B}[K" : "") + text + "\n")
    }

    /// Text on standard error as it is.
    static func writeError(_ text: String) {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let written = bytes.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
            guard written > 0 else { return }
            bytes = bytes.dropFirst(written)
        }
    }

    /// The columns of the terminal behind standard error.
    static var columns: Int {
        var size = winsize()
        return ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0 ? Int(size.ws_col) : 80
    }
}
