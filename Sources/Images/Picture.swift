public import Zoo

/// A picture in memory: red, green and blue, 8 bits each.
public struct Picture: Sendable, Hashable {
    /// Columns.
    public let width: Int
    /// Rows.
    public let height: Int
    /// `[H, W, 3]`, top row first.
    public let pixels: [UInt8]

    /// - Throws: `GraftError.invalidValue` if `pixels` does not hold `width * height * 3` values, or none, or 2^31
    ///   pixels or more.
    public init(width: Int, height: Int, pixels: [UInt8]) throws(GraftError) {
        let (area, overflow) = width.multipliedReportingOverflow(by: height)
        guard width > 0, height > 0, !overflow, area <= Int32.max, pixels.count == area * 3 else {
            throw GraftError(
                .invalidValue, "a picture's size does not fit its pixels", expected: "\(width)x\(height)x3 values",
                found: "\(pixels.count)")
        }
        self.init(checkedWidth: width, height: height, pixels: pixels)
    }

    /// Reads a picture file of one of the `PictureFormats`, known by its content whatever its name, turns it upright as
    /// EXIF says and converts it to sRGB from the colours that its profile states.
    ///
    /// Without the last step, or a profile, pixels are those of Pillow's
    /// `ImageOps.exif_transpose(Image.open(path)).convert("RGB")`: alpha is dropped, of an animation the first frame is
    /// taken. The conversion is that of its `ImageCms.profileToProfile`.
    ///
    /// - Parameter color: `.asIs` leaves the values as they are stored, whatever colours they stand for.
    /// - Throws: `GraftError` with the file's name for a file that is missing, too large or not a complete picture.
    public init(
        path: String, limits: ImageLimits = ImageLimits(), color: Preprocessing.Color = .srgb
    ) throws(GraftError) {
        try self.init(bytes: try readFile(path, limit: limits.fileBytes), name: path, limits: limits, color: color)
    }

    /// Reads the content of a picture file; `name` is for errors only.
    ///
    /// - Throws: `GraftError` with `name` for bytes that are not a complete picture, or a larger one than allowed.
    public init(
        bytes: [UInt8], name: String, limits: ImageLimits = ImageLimits(), color: Preprocessing.Color = .srgb
    ) throws(GraftError) {
        try self.init(bytes: bytes, name: name, limits: limits, shortSide: nil, color: color)
    }

    /// The same, for a picture that will be made smaller.
    ///
    /// - Parameter shortSide: a JPEG picture is decoded at a half, a quarter or an eighth of its size if the shorter side
    ///   still has as many pixels; nil for its full size. Other formats have no such short cut.
    /// - Throws: as `init(bytes:name:limits:color:)`.
    public init(
        bytes: [UInt8], name: String, limits: ImageLimits = ImageLimits(), shortSide: Int?,
        color: Preprocessing.Color = .srgb
    ) throws(GraftError) {
        self = try decode(bytes, name: name, limits: limits, shortSide: shortSide, color: color)
    }

    /// For sizes that are right by construction.
    init(checkedWidth width: Int, height: Int, pixels: [UInt8]) {
        self.width = width
        self.height = height
        self.pixels = pixels
    }
}

extension Picture: CustomStringConvertible {
    /// The size: pixels would fill the screen.
    public var description: String { "picture of \(width)x\(height)" }
}
