import CImage
import Zoo

struct JPEGFormat: PictureFormat {
    let name = "JPEG"
    let extensions = ["jpg", "jpeg", "jpe", "jfif"]

    func recognizes(_ start: ArraySlice<UInt8>) -> Bool { start.starts(with: [0xFF, 0xD8, 0xFF]) }

    func decode(_ file: PictureFile) throws(GraftError) -> DecodedPicture {
        let size = try file.size(graft_jpeg_size)
        // The whole picture's size counts: progressive files hold all its coefficients whatever is made of them.
        try file.check(width: Int(size.width), height: Int(size.height))
        let short = Int(min(size.width, size.height))
        let denominator = [8, 4, 2].first { (file.shortSide ?? .max) <= short / $0 }.map(UInt32.init) ?? 1
        // What libjpeg makes of the size.
        let part = PictureFile.Size(
            width: (size.width + denominator - 1) / denominator, height: (size.height + denominator - 1) / denominator)
        let picture = try file.picture(part) { pixels, stride in
            file.bytes.withUnsafeBufferPointer {
                graft_jpeg_decode($0.baseAddress, $0.count, size.width, size.height, denominator, pixels, stride)
            }
        }
        return DecodedPicture(picture, Metadata(jpeg: file.bytes))
    }
}
