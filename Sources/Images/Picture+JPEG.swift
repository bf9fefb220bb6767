import CImage
public import Zoo

extension Picture {
    /// The picture as a JPEG file.
    ///
    /// - Parameter quality: 1 to 100.
    /// - Throws: `GraftError.invalidValue` for another quality or a picture that is too large for the format.
    public func jpeg(quality: Int = 85) throws(GraftError) -> [UInt8] {
        guard (1...100).contains(quality) else {
            throw GraftError(.invalidValue, "impossible JPEG quality", expected: "1 to 100", found: "\(quality)")
        }
        let limit = ImageLimits().side
        guard width <= limit, height <= limit else {
            throw GraftError(
                .invalidValue, "picture too large for JPEG", expected: "sides of at most \(limit) pixels",
                found: "\(width)x\(height)")
        }
        var bytes: UnsafeMutablePointer<UInt8>?
        var count = 0
        let result = graft_jpeg_encode(pixels, UInt32(width), UInt32(height), Int32(quality), &bytes, &count)
        defer { graft_image_free(bytes) }
        guard result.status == .ok else {
            throw GraftError(.outOfMemory, "the picture cannot be encoded as JPEG")
        }
        return Array(UnsafeBufferPointer(start: bytes, count: count))
    }
}
