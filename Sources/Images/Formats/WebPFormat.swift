import CImage
import Zoo

struct WebPFormat: PictureFormat {
    let name = "WebP"
    let extensions = ["webp"]

    func recognizes(_ start: ArraySlice<UInt8>) -> Bool {
        let reader = ByteReader(start)
        return reader.has("RIFF") && reader.has("WEBP", at: 8)
    }

    func decode(_ file: PictureFile) throws(GraftError) -> DecodedPicture {
        let size = try file.size(graft_webp_size)
        let container = WebPContainer(file.bytes)
        guard container.isComplete else { throw file.truncated() }
        return DecodedPicture(
            container.isAnimated ? try firstFrame(container, file, size) : try still(file, size),
            Metadata(webp: file.bytes))
    }

    private func still(_ file: PictureFile, _ size: PictureFile.Size) throws(GraftError) -> Picture {
        try file.picture(size) { pixels, stride in
            file.bytes.withUnsafeBufferPointer {
                graft_webp_decode($0.baseAddress, $0.count, size.width, size.height, pixels, stride)
            }
        }
    }

    /// The rest of the canvas is transparent black.
    private func firstFrame(
        _ container: WebPContainer, _ file: PictureFile, _ size: PictureFile.Size
    ) throws(GraftError) -> Picture {
        guard let frame = container.firstFrame else { throw file.truncated() }
        guard frame.x + frame.width <= Int(size.width), frame.y + frame.height <= Int(size.height) else {
            throw file.damaged("a frame outside of its canvas")
        }
        return try file.picture(size) { pixels, stride in
            pixels.update(repeating: 0, count: stride * Int(size.height))
            return frame.bitstream.withUnsafeBufferPointer {
                graft_webp_decode(
                    $0.baseAddress, $0.count, UInt32(frame.width), UInt32(frame.height),
                    pixels + frame.y * stride + frame.x * 3, stride)
            }
        }
    }
}
