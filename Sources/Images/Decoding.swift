import Zoo

/// Format, header, limits, pixels, orientation, colours: in this order.
/// - Parameter shortSide: see `Picture.init(bytes:name:limits:shortSide:color:)`.
func decode(
    _ bytes: [UInt8], name: String, limits: ImageLimits, shortSide: Int?, color: Preprocessing.Color
) throws(GraftError) -> Picture {
    guard let format = PictureFormats.format(of: bytes) else {
        throw UnknownFile.error(bytes, name: name)
    }
    let file = PictureFile(bytes: bytes, name: name, limits: limits, shortSide: shortSide, format: format.name)
    let decoded = try format.decode(file)
    // A format from outside is not trusted to have looked.
    try file.check(width: decoded.picture.width, height: decoded.picture.height)
    var picture = decoded.picture
    if color == .srgb, let profile = decoded.profile { picture = ColorConversion.from(profile: profile)(picture) }
    return picture.oriented(Orientation(rawValue: decoded.orientation) ?? .upright)
}
