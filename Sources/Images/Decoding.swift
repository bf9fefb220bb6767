import CImage
import Zoo

/// Header, limits, pixels, orientation: in this order.
/// - Parameter shortSide: see `Picture.init(bytes:name:limits:shortSide:)`.
func decode(
    _ bytes: [UInt8], name: String, limits: ImageLimits, shortSide: Int?
) throws(GraftError) -> Picture {
    guard let format = ImageFormat(bytes) else { throw ImageFormat.unknown(bytes, name: name) }
    let file = EncodedPicture(bytes: bytes, format: format, name: name)
    let picture =
        switch format {
        case .jpeg: try file.decodeJPEG(limits, shortSide: shortSide)
        case .png: try file.decodePNG(limits)
        case .webp: try file.decodeWebP(limits)
        }
    return picture.oriented(Orientation(file: bytes, format: format))
}

/// A size in pixels.
private struct Size {
    var width: UInt32 = 0
    var height: UInt32 = 0

    /// What libjpeg makes of it.
    func divided(by denominator: UInt32) -> Size {
        Size(
            width: (width + denominator - 1) / denominator, height: (height + denominator - 1) / denominator)
    }
}

/// A file whose format is known, on its way to pixels.
private struct EncodedPicture {
    let bytes: [UInt8]
    let format: ImageFormat
    let name: String

    func decodeJPEG(_ limits: ImageLimits, shortSide: Int?) throws(GraftError) -> Picture {
        var size = Size()
        try check(
            bytes.withUnsafeBufferPointer { graft_jpeg_size($0.baseAddress, $0.count, &size.width, &size.height) })
        // The whole picture's size counts: progressive files hold all its coefficients whatever is made of them.
        try limits.check(width: Int(size.width), height: Int(size.height), name: name)
        let short = Int(min(size.width, size.height))
        let denominator = [8, 4, 2].first { (shortSide ?? .max) <= short / $0 }.map(UInt32.init) ?? 1
        return try decode(size.divided(by: denominator), limits) { pixels, stride in
            bytes.withUnsafeBufferPointer {
                graft_jpeg_decode($0.baseAddress, $0.count, size.width, size.height, denominator, pixels, stride)
            }
        }
    }

    func decodePNG(_ limits: ImageLimits) throws(GraftError) -> Picture {
        let reader = ByteReader(bytes)
        guard reader.has("IHDR", at: 12), let width = reader.integer(16, width: 4, bigEndian: true),
            let height = reader.integer(20, width: 4, bigEndian: true)
        else {
            throw reader.count < 24 ? truncated() : corrupt("no header")
        }
        let size = Size(width: UInt32(width), height: UInt32(height))
        return try decode(size, limits) { pixels, stride in
            bytes.withUnsafeBufferPointer {
                graft_png_decode($0.baseAddress, $0.count, size.width, size.height, pixels, stride)
            }
        }
    }

    func decodeWebP(_ limits: ImageLimits) throws(GraftError) -> Picture {
        var size = Size()
        try check(
            bytes.withUnsafeBufferPointer { graft_webp_size($0.baseAddress, $0.count, &size.width, &size.height) })
        let container = WebPContainer(bytes)
        guard container.isComplete else { throw truncated() }
        guard container.isAnimated else {
            return try decode(size, limits) { pixels, stride in
                bytes.withUnsafeBufferPointer {
                    graft_webp_decode($0.baseAddress, $0.count, size.width, size.height, pixels, stride)
                }
            }
        }
        guard let frame = container.firstFrame else { throw truncated() }
        guard frame.x + frame.width <= Int(size.width), frame.y + frame.height <= Int(size.height) else {
            throw corrupt("a frame outside of its canvas")
        }
        // The rest of the canvas is transparent black.
        return try decode(size, limits) { pixels, stride in
            pixels.update(repeating: 0, count: stride * Int(size.height))
            return frame.bitstream.withUnsafeBufferPointer {
                graft_webp_decode(
                    $0.baseAddress, $0.count, UInt32(frame.width), UInt32(frame.height),
                    pixels + frame.y * stride + frame.x * 3, stride)
            }
        }
    }

    /// Takes memory for a picture that the limits allow, and fills it. It is not cleared first: a header that
    /// promises a large picture costs nothing until the rows are there.
    private func decode(
        _ size: Size, _ limits: ImageLimits, _ body: (UnsafeMutablePointer<UInt8>, Int) -> graft_image_result
    ) throws(GraftError) -> Picture {
        let width = Int(size.width), height = Int(size.height), stride = width * 3
        try limits.check(width: width, height: height, name: name)
        var result = graft_image_result()
        let pixels = [UInt8](unsafeUninitializedCapacity: stride * height) { buffer, count in
            guard let base = buffer.baseAddress else { return }
            result = body(base, stride)
            count = result.status == .ok ? stride * height : 0
        }
        try check(result)
        return Picture(checkedWidth: width, height: height, pixels: pixels)
    }

    private func check(_ result: graft_image_result) throws(GraftError) {
        let message = withUnsafeBytes(of: result.message) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        switch result.status {
        case .ok: return
        case .truncated: throw truncated()
        case .corrupt: throw corrupt(message)
        case .unsupported:
            throw GraftError(
                .unsupported, "a kind of \(format.rawValue) that is not read", file: name, found: message,
                remedy: "convert it first")
        case .no_memory:
            throw GraftError(.outOfMemory, "the picture needs more memory than there is", file: name)
        }
    }

    private func truncated() -> GraftError {
        GraftError(
            .truncated, "the \(format.rawValue) file is cut off", file: name, remedy: "get a complete copy of it")
    }

    private func corrupt(_ what: String) -> GraftError {
        GraftError(
            .damaged, "the \(format.rawValue) file is damaged", file: name, found: what,
            remedy: "get another copy of it")
    }
}
