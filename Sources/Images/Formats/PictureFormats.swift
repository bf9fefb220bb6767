import Synchronization
public import Zoo

/// The formats that are read: the one list from which extensions, first bytes and messages come.
public enum PictureFormats {
    private struct List {
        var formats: [any PictureFormat]
        var extensions: Set<String>

        init(_ formats: [any PictureFormat]) {
            self.formats = formats
            extensions = Set(formats.flatMap(\.extensions))
        }
    }

    private static let list = Mutex(
        List([JPEGFormat(), PNGFormat(), WebPFormat()] + LibraryFormat.available + [BMPFormat()]))

    /// Adds a format, to be done at the start of a program: from then on every folder and every reader knows it. A format
    /// is never taken away. May be called from any thread.
    ///
    /// - Throws: `GraftError.invalidName` where a format of that name, or with one of these extensions, is there.
    public static func register(_ format: some PictureFormat) throws(GraftError) {
        guard format.extensions.allSatisfy({ !$0.isEmpty && $0 == $0.lowercased() && !$0.contains(".") }) else {
            throw GraftError(
                .invalidValue, "impossible extensions of the picture format '\(format.name)'",
                expected: "small letters without a dot", found: format.extensions.joined(separator: ", "))
        }
        let taken = list.withLock { list -> String? in
            if list.formats.contains(where: { $0.name == format.name }) { return "picture format '\(format.name)'" }
            if let shared = format.extensions.first(where: list.extensions.contains) {
                return "extension '\(shared)' of the picture format '\(format.name)'"
            }
            list = List(list.formats + [format])
            return nil
        }
        if let taken {
            throw GraftError(.invalidName, "the \(taken) is registered already")
        }
    }

    /// All formats, in the order in which files are tried.
    public static var all: [any PictureFormat] { list.withLock { $0.formats } }

    /// The endings of all formats' files, in small letters, without the dot.
    public static var extensions: Set<String> { list.withLock { $0.extensions } }

    /// All names as a message lists them: `JPEG, PNG or WebP`.
    public static var names: String {
        let names = all.map(\.name)
        guard let last = names.last, names.count > 1 else { return names.joined() }
        return "\(names.dropLast().joined(separator: ", ")) or \(last)"
    }

    /// The format of a file by its content, also one that this build cannot read; nil for a file of another kind.
    static func format(of bytes: [UInt8]) -> (any PictureFormat)? {
        let start = bytes.prefix(512)
        return (all + LibraryFormat.allCases).first { $0.recognizes(start) }
    }
}
