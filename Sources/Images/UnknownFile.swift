import Zoo

/// What a file is that no format recognises, for the error that refuses it.
enum UnknownFile {
    static func error(_ bytes: [UInt8], name: String) -> GraftError {
        let reader = ByteReader(bytes)
        let (found, remedy) = otherFormat(reader)
        return GraftError(
            .unknownFormat, "not a picture file", file: name, expected: PictureFormats.names, found: found,
            remedy: remedy)
    }

    private static func otherFormat(_ file: ByteReader) -> (found: String, remedy: String?) {
        guard file.count > 0 else { return ("an empty file", nil) }
        let convert = "convert it first"
        if let picture = otherPicture(file) { return (picture, convert) }
        if file.has("%PDF-") { return ("PDF", convert) }
        if file.has("PK\u{3}\u{4}") { return ("a zip archive", "unpack it first") }
        if file.has("version https://git-lfs") { return ("a Git LFS pointer", "run git lfs pull") }
        guard let text = text(file) else { return ("unknown data", nil) }
        let start = text.drop { $0.isWhitespace }.prefix(256).lowercased()
        if start.hasPrefix("<!doctype html") || start.hasPrefix("<html") {
            return ("an HTML page", "download the picture itself")
        }
        if start.hasPrefix("<svg") || start.hasPrefix("<?xml") && start.contains("<svg") { return ("SVG", convert) }
        return ("text", nil)
    }

    private static func otherPicture(_ file: ByteReader) -> String? {
        if file.has("8BPS") { return "a Photoshop document" }
        if file.has("\0\0\u{1}\0") { return "ICO" }
        if file.has("\0\0\0\u{C}jP  ") { return "JPEG 2000" }
        return file.has("ftyp", at: 4) ? "a video" : nil
    }

    /// The file's first characters, nil where it does not look like text.
    private static func text(_ file: ByteReader) -> String? {
        // A character may be cut at the end of what is looked at.
        let start = file.bytes.prefix(1024)
        for cut in 0..<min(4, start.count) {
            guard let text = String(validating: start.dropLast(cut), as: UTF8.self) else { continue }
            let printable = text.unicodeScalars.allSatisfy {
                $0.properties.generalCategory != .control || $0.properties.isWhitespace
            }
            return printable ? text : nil
        }
        return nil
    }
}
