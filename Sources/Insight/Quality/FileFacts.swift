import Images
import Weights

/// What can be said of a picture file without understanding the picture.
package struct FileFacts: Sendable, Hashable {
    package let width: Int
    package let height: Int
    /// The file's length.
    package let bytes: Int
    /// By its first bytes, as `PictureFormats` names it; empty for others.
    package let format: String
    /// The sum of a JPEG file's quantisation tables, which the quality that it was saved at sets; 0 for others.
    package let quantisation: Int
    /// What tells the tables from others: the first digits of their hash; empty where there are none.
    package let tables: String
    /// What took the picture; empty where the file does not say.
    package let camera: String

    /// Pixels beyond which a picture is of extreme size, and the ratio of its sides beyond which of an extreme shape.
    package static let smallestSide = 32
    package static let mostPixels = 50_000_000
    package static let mostAspect = 4.0

    /// - Parameters:
    ///   - width: of the decoded picture; a JPEG file's own size counts where it was decoded at a part of it.
    ///   - file: its bytes.
    package init(width: Int, height: Int, file: [UInt8]) {
        bytes = file.count
        format = Self.format(of: file)
        let found = format == "JPEG" ? JPEGHeader(file) : nil
        self.width = found?.width ?? width
        self.height = found?.height ?? height
        let tables = found?.tables ?? []
        quantisation = tables.reduce(0) { $0 + Int($1) }
        let bytes = tables.flatMap { [UInt8($0 >> 8), UInt8($0 & 0xFF)] }
        self.tables = tables.isEmpty ? "" : String(Hash.sha256(bytes).prefix(8))
        camera = CameraName.read(file) ?? ""
    }

    /// The longer side divided by the shorter one.
    package var aspect: Double { Double(max(width, height)) / Double(max(1, min(width, height))) }
    /// In the file.
    package var bytesPerPixel: Double { Double(bytes) / Double(max(1, width * height)) }

    /// The format that an extension promises; nil for no picture's.
    package static func format(ofName name: String) -> String? {
        guard let dot = name.lastIndex(of: ".") else { return nil }
        let ending = name[name.index(after: dot)...].lowercased()
        return PictureFormats.all.first { $0.extensions.contains(ending) }?.name
    }

    /// The format by the first bytes; empty for none.
    package static func format(of file: [UInt8]) -> String {
        let start = file.prefix(512)
        return PictureFormats.all.first { $0.recognizes(start) }?.name ?? ""
    }
}
