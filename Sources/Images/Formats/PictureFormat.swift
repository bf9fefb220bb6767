public import Zoo

/// A kind of picture file, and how it becomes pixels. The formats in this folder are those that come with Graft; a
/// program adds its own with `PictureFormats.register`.
public protocol PictureFormat: Sendable {
    /// What messages call it: `GIF`.
    var name: String { get }

    /// The endings of its files' names, in small letters, without the dot. In a folder only files with one of these
    /// are pictures; what a file holds is seen when it is read.
    var extensions: [String] { get }

    /// Whether a file that starts with these bytes (512, or the whole file) is of this format.
    func recognizes(_ start: ArraySlice<UInt8>) -> Bool

    /// The first picture of the file.
    ///
    /// Any bytes may come: sizes that the file states are to be checked with `file.check(width:height:)` before memory
    /// is taken for them, and data that is missing, damaged or of an unknown kind is one of the errors that
    /// `PictureFile` makes.
    func decode(_ file: PictureFile) throws(GraftError) -> DecodedPicture
}

/// What a format makes of a file.
public struct DecodedPicture: Sendable {
    /// The pixels, as the file stores them: not yet turned, and in the file's own colours.
    public var picture: Picture
    /// How the picture has to be turned, as EXIF numbers it: 1 to 8. Anything else is taken for 1, upright.
    public var orientation: Int
    /// The ICC profile that the file's colours are stated in; nil for sRGB.
    public var profile: [UInt8]?

    /// A picture that is upright and in sRGB where nothing else is said.
    public init(_ picture: Picture, orientation: Int = 1, profile: [UInt8]? = nil) {
        self.picture = picture
        self.orientation = orientation
        self.profile = profile
    }
}
