import Images
import Weights
package import Zoo

/// All that is looked at in one picture, beside its features.
package struct PictureFacts: Sendable, Hashable {
    /// SHA-256 of the file.
    package let digest: String
    package let file: FileFacts
    package let grey: SmallGrey
    package let quality: PictureQuality

    /// Reads and decodes a file; a large JPEG at a part of its size.
    /// - Throws: `GraftError` for a file that is missing, too large or not a complete picture.
    package init(path: String) throws(GraftError) {
        let bytes = try readFile(path, limit: ImageLimits().fileBytes)
        let picture = try Picture(bytes: bytes, name: path, shortSide: PictureQuality.workingSide)
        digest = Hash.sha256(bytes)
        file = FileFacts(width: picture.width, height: picture.height, file: bytes)
        grey = try SmallGrey(picture)
        quality = try PictureQuality(picture)
    }
}
