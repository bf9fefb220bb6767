import Zoo

/// The formats that are read, by their first bytes.
enum ImageFormat: String, Sendable {
    case jpeg = "JPEG"
    case png = "PNG"
    case webp = "WebP"

    init?(_ bytes: [UInt8]) {
        let reader = ByteReader(bytes)
        if bytes.starts(with: [0xFF, 0xD8, 0xFF]) {
            self = .jpeg
        } else if bytes.starts(with: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]) {
            self = .png
        } else if reader.has("RIFF"), reader.has("WEBP", at: 8) {
            self = .webp
        } else {
            return nil
        }
    }

    /// What a file of another format is, for the error that refuses it.
    static func unknown(_ bytes: [UInt8], name: String) -> GraftError {
        let reader = ByteReader(bytes)
        let (found, remedy) = otherFormat(reader)
        return GraftError(
            .unknownFormat, "not a picture file", file: name, expected: "JPEG, PNG or WebP", found: found,
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
        if file.has("GIF87a") || file.has("GIF89a") { return "GIF" }
        if file.has("BM"), file.integer(6, width: 4, bigEndian: false) == 0 { return "BMP" }
        if file.has("II*\0") || file.has("MM\0*") || file.has("II+\0") || file.has("MM\0+") { return "TIFF" }
        if file.has("8BPS") { return "a Photoshop document" }
        if file.has("\0\0\u{1}\0") { return "ICO" }
        if file.has("\0\0\0\u{C}jP  ") { return "JPEG 2000" }
        if file.has("\0\0\0\u{C}JXL ") || file.bytes.starts(with: [0xFF, 0x0A]) { return "JPEG XL" }
        guard file.has("ftyp", at: 4) else { return nil }
        switch file.slice(8, 4).map({ String(decoding: $0, as: UTF8.self) }) {
        case "avif", "avis": return "AVIF"
        case "heic", "heix", "heim", "heis", "hevc", "hevx", "mif1", "msf1": return "HEIC"
        default: return "a video"
        }
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
