import CImage
import Zoo

struct PNGFormat: PictureFormat {
    let name = "PNG"
    let extensions = ["png"]

    func recognizes(_ start: ArraySlice<UInt8>) -> Bool {
        start.starts(with: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A])
    }

    func decode(_ file: PictureFile) throws(GraftError) -> DecodedPicture {
        let reader = ByteReader(file.bytes)
        guard reader.has("IHDR", at: 12), let width = reader.integer(16, width: 4, bigEndian: true),
            let height = reader.integer(20, width: 4, bigEndian: true)
        else {
            throw reader.count < 24 ? file.truncated() : file.damaged("no header")
        }
        var decoded = try file.decoded(
            PictureFile.Size(width: UInt32(width), height: UInt32(height)), graft_png_decode)
        decoded.orientation = Metadata(png: file.bytes).orientation
        return decoded
    }
}
