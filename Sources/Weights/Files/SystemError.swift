#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The operating system's words.
package enum SystemError {
    /// What the number in `errno` means, in lower case: "no space left on device".
    package static func text(_ number: Int32) -> String {
        guard let text = strerror(number) else { return "error \(number)" }
        return String(cString: text).lowercased()
    }
}

/// What stands behind a path.
enum FileKind: String {
    case regular = "a regular file"
    case directory = "a directory"
    case symbolicLink = "a symbolic link"
    case pipe = "a named pipe"
    case socket = "a socket"
    case device = "a device"
    case other = "something else"

    /// - Parameter mode: `st_mode`, or the upper half of a zip entry's external attributes.
    init(mode: UInt32) {
        switch mode & 0o170000 {
        case 0o100000: self = .regular
        case 0o040000: self = .directory
        case 0o120000: self = .symbolicLink
        case 0o010000: self = .pipe
        case 0o140000: self = .socket
        case 0o020000, 0o060000: self = .device
        default: self = .other
        }
    }
}
