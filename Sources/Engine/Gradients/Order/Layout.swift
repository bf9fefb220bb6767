import Zoo

/// Where an image of channels lies in memory: rows of pixels, each pixel a run of channels rounded up to whole vectors, and
/// margins that a window may read.
struct Layout: Sendable, Hashable {
    let height: Int
    let width: Int
    let channels: Int
    /// Floats from one pixel to the next.
    let stride: Int
    var margins = Margins()

    struct Margins: Sendable, Hashable {
        var top = 0, left = 0, bottom = 0, right = 0

        static let none = Margins()

        func union(_ other: Margins) -> Margins {
            Margins(
                top: max(top, other.top), left: max(left, other.left), bottom: max(bottom, other.bottom),
                right: max(right, other.right))
        }
    }

    /// - Parameter shape: `[H, W, C]`, `[T, C]` or `[C]`.
    init(_ shape: [Int], stride: Int) {
        let extents = Shape(shape)
        channels = shape.last ?? 1
        height = extents.height
        width = extents.width
        self.stride = stride
    }

    var pixels: Int { height * width }
    /// Floats from one row to the next.
    var rowStride: Int { (margins.left + width + margins.right) * stride }
    /// Floats of an image, margins included.
    var count: Int { (margins.top + height + margins.bottom) * rowStride }
    /// Where the first pixel is.
    var origin: Int { margins.top * rowStride + margins.left * stride }
    /// Whether all pixels of all images follow one another.
    var isPlain: Bool { margins == .none }

    /// Zeroes what lies behind the channels of every pixel of an image.
    func clearPadding(_ image: UnsafeMutablePointer<Float>) {
        guard channels < stride else { return }
        for pixel in 0..<pixels {
            (image + offset(of: pixel) + channels).update(repeating: 0, count: stride - channels)
        }
    }

    /// Floats from the first pixel to another one of the same image.
    func offset(of pixel: Int) -> Int {
        isPlain ? pixel * stride : pixel / width * rowStride + pixel % width * stride
    }

    /// Writes zeros around `images` images whose first pixel is at `start`.
    func clearMargins(_ start: UnsafeMutablePointer<Float>, images: Int) {
        guard !isPlain else { return }
        for image in 0..<images {
            let base = start - origin + image * count
            base.update(repeating: 0, count: origin)
            for row in 0..<height {
                let end = origin + row * rowStride + width * stride
                let next = row + 1 < height ? origin + (row + 1) * rowStride : count
                (base + end).update(repeating: 0, count: next - end)
            }
        }
    }

    /// Calls `body` with the offsets and the length of every run of pixels that is in one piece in all three layouts.
    @inline(__always)
    static func runs(
        _ a: Layout, _ b: Layout, _ c: Layout, images: Int,
        _ body: (_ a: Int, _ b: Int, _ c: Int, _ pixels: Int) -> Void
    ) {
        if a.isPlain && b.isPlain && c.isPlain { return body(0, 0, 0, images * a.pixels) }
        for image in 0..<images {
            for row in 0..<a.height {
                body(
                    image * a.count + row * a.rowStride, image * b.count + row * b.rowStride,
                    image * c.count + row * c.rowStride, a.width)
            }
        }
    }

    /// The channels of `images` images without padding and margins: `[N, H, W, C]`.
    func array(_ start: UnsafePointer<Float>, images: Int) -> [Float] {
        let size = pixels * channels
        return [Float](unsafeUninitializedCapacity: images * size) { result, filled in
            for image in 0..<images {
                for row in 0..<height {
                    for column in 0..<width {
                        let pixel = start + image * count + row * rowStride + column * stride
                        let target = image * size + (row * width + column) * channels
                        for channel in 0..<channels { result[target + channel] = pixel[channel] }
                    }
                }
            }
            filled = images * size
        }
    }

    /// The reverse of `array`; what lies between the channels becomes zero.
    func write(_ values: [Float], to start: UnsafeMutablePointer<Float>, images: Int) {
        precondition(values.count == images * pixels * channels, "sizes that the plan has checked")
        values.withUnsafeBufferPointer { values in
            guard var next = values.baseAddress else { return }
            for image in 0..<images {
                for row in 0..<height {
                    for column in 0..<width {
                        let pixel = start + image * count + row * rowStride + column * stride
                        pixel.update(from: next, count: channels)
                        (pixel + channels).update(repeating: 0, count: stride - channels)
                        next += channels
                    }
                }
            }
        }
    }
}
