import Zoo

/// What a picture file may ask for before it is refused. Checked against the header, before any memory is taken.
public struct ImageLimits: Sendable, Hashable {
    /// The size of the file.
    public var fileBytes: Int
    /// Width times height. Never more than 2^31 - 1, whatever is asked for.
    public var pixels: Int
    /// Width and height, each.
    public var side: Int

    /// The defaults: 512 MiB; the number of pixels above which Pillow sees a decompression bomb; JPEG's largest side.
    public init(fileBytes: Int = 512 << 20, pixels: Int = 178_956_970, side: Int = 65_500) {
        self.fileBytes = fileBytes
        self.pixels = pixels
        self.side = side
    }

    /// The error of a picture that is too large, or has no pixel at all.
    func check(width: Int, height: Int, name: String) throws(GraftError) {
        guard width > 0, height > 0 else {
            throw GraftError(.damaged, "a picture without pixels", file: name, found: "\(width)x\(height)")
        }
        guard width <= side, height <= side else {
            throw GraftError(
                .tooLarge, "picture too large", file: name, expected: "sides of at most \(side) pixels",
                found: "\(width)x\(height)", remedy: "make it smaller first")
        }
        let (count, overflow) = width.multipliedReportingOverflow(by: height)
        let pixels = min(pixels, Int(Int32.max))
        guard !overflow, count <= pixels else {
            throw GraftError(
                .tooLarge, "picture too large", file: name, expected: "at most \(pixels) pixels",
                found: "\(width)x\(height)", remedy: "make it smaller first")
        }
    }
}
