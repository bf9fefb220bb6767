import Images
import Zoo

/// Pictures of this machine, as the page shows them: small, and in a format that every browser knows.
enum SmallPicture {
    /// A JPEG file.
    /// - Throws: a `GraftError` for a picture that cannot be read.
    static func bytes(of path: String, longSide: Int = 480) throws(GraftError) -> [UInt8] {
        try Picture(path: path).thumbnail(longSide: longSide).jpeg(quality: 85)
    }
}
