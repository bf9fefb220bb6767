import CImage
import Zoo

/// How the formats whose codecs are C libraries call them.
extension PictureFile {
    /// A size in pixels.
    struct Size {
        var width: UInt32 = 0
        var height: UInt32 = 0
    }

    typealias Header = (UnsafePointer<UInt8>?, Int, UnsafeMutablePointer<UInt32>?, UnsafeMutablePointer<UInt32>?) ->
        graft_image_result

    /// The size that the file's header states.
    func size(_ header: Header) throws(GraftError) -> Size {
        var size = Size()
        try check(bytes.withUnsafeBufferPointer { header($0.baseAddress, $0.count, &size.width, &size.height) })
        return size
    }

    /// Takes memory for a picture that the limits allow, and has it filled, rows `stride` bytes apart. It is not cleared
    /// first: a header that promises a large picture costs nothing until the rows are there.
    func picture(
        _ size: Size, _ fill: (UnsafeMutablePointer<UInt8>, _ stride: Int) -> graft_image_result
    ) throws(GraftError) -> Picture {
        let width = Int(size.width), height = Int(size.height), stride = width * 3
        try check(width: width, height: height)
        var result = graft_image_result()
        let pixels = [UInt8](unsafeUninitializedCapacity: stride * height) { buffer, count in
            guard let base = buffer.baseAddress else { return }
            result = fill(base, stride)
            count = result.status == .ok ? stride * height : 0
        }
        try check(result)
        return Picture(checkedWidth: width, height: height, pixels: pixels)
    }

    typealias Codec = (
        UnsafePointer<UInt8>?, Int, UInt32, UInt32, UnsafeMutablePointer<UInt8>?, Int,
        UnsafeMutablePointer<graft_image_details>?
    ) -> graft_image_result

    /// The picture of a file by a codec that finds the orientation and the profile too.
    func decoded(_ size: Size, _ codec: Codec) throws(GraftError) -> DecodedPicture {
        var details = graft_image_details()
        defer { graft_image_free(details.profile) }
        let picture = try picture(size) { pixels, stride in
            bytes.withUnsafeBufferPointer {
                codec($0.baseAddress, $0.count, size.width, size.height, pixels, stride, &details)
            }
        }
        let profile = UnsafeBufferPointer(start: details.profile, count: details.profile_count)
        return DecodedPicture(
            picture, orientation: Int(details.orientation), profile: profile.isEmpty ? nil : Array(profile))
    }

    func check(_ result: graft_image_result) throws(GraftError) {
        let message = withUnsafeBytes(of: result.message) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        switch result.status {
        case .ok: return
        case .truncated: throw truncated()
        case .corrupt: throw damaged(message)
        case .unsupported: throw unsupported(message)
        case .no_memory:
            throw GraftError(.outOfMemory, "the picture needs more memory than there is", file: name)
        }
    }
}
