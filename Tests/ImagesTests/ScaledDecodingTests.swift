import Images
import Testing
import Zoo

/// Decoding at a part of a JPEG picture's size.
@Suite struct ScaledDecodingTests {
    private static func file(width: Int, height: Int) throws -> [UInt8] {
        try fixture("resizing/257x301.png").resized(width: width, height: height).jpeg(quality: 95)
    }

    /// The mean difference of the values.
    private static func distance(_ picture: Picture, _ pixels: [UInt8]) -> Double {
        let sum = zip(picture.pixels, pixels).reduce(0) { $0 + abs(Int($1.0) - Int($1.1)) }
        return Double(sum) / Double(pixels.count)
    }

    /// Sides of the file, pixels needed, sides of the result: the smallest that has enough, rounded up.
    @Test(arguments: [
        (640, 480, 241, 640, 480), (640, 480, 240, 320, 240), (640, 480, 121, 320, 240), (640, 480, 120, 160, 120),
        (640, 480, 60, 80, 60), (640, 480, 1, 80, 60), (480, 640, 120, 120, 160), (643, 485, 60, 81, 61),
        (643, 485, 61, 161, 122), (15, 9, 2, 4, 3), (1, 1, 1, 1, 1),
    ])
    func theSizeIsTheSmallestThatIsEnough(width: Int, height: Int, needed: Int, columns: Int, rows: Int) throws {
        let picture = try Picture(
            bytes: try Self.file(width: width, height: height), name: "a.jpg", shortSide: needed)
        #expect((picture.width, picture.height) == (columns, rows))
    }

    @Test func pixelsAreThoseOfTheWholePictureMadeSmaller() throws {
        let file = try Self.file(width: 1024, height: 1200)
        let whole = try Picture(bytes: file, name: "a.jpg")
        for (needed, denominator) in [(512, 2), (256, 4), (128, 8)] {
            let scaled = try Picture(bytes: file, name: "a.jpg", shortSide: needed)
            let expected = try whole.resized(
                width: 1024 / denominator, height: 1200 / denominator, interpolation: .bilinear)
            try #require((scaled.width, scaled.height) == (expected.width, expected.height))
            #expect(Self.distance(scaled, expected.pixels) < 2, "1/\(denominator)")
        }
    }

    @Test func enoughPixelsIsTheSameAsAll() throws {
        let file = try Self.file(width: 300, height: 200)
        let whole = try Picture(bytes: file, name: "a.jpg")
        #expect(try Picture(bytes: file, name: "a.jpg", shortSide: 101) == whole)
        #expect(try Picture(bytes: file, name: "a.jpg", shortSide: nil) == whole)
    }

    @Test func otherFormatsAreDecodedWhole() throws {
        for name in ["decoding/rgb8.png", "decoding/lossy.webp"] {
            let whole = try fixture(name)
            #expect(try Picture(bytes: try fixtureBytes(name), name: name, shortSide: 1) == whole)
        }
    }

    @Test(arguments: fixtures(in: "orientation").filter { $0.hasSuffix(".jpg") })
    func theResultIsUpright(_ name: String) throws {
        let whole = try fixture(name)
        let scaled = try Picture(
            bytes: try fixtureBytes(name), name: name, shortSide: min(whole.width, whole.height) / 2)
        #expect((scaled.width, scaled.height) == ((whole.width + 1) / 2, (whole.height + 1) / 2))
        let expected = try whole.resized(width: scaled.width, height: scaled.height, interpolation: .bilinear)
        // Small and rough pictures: near is what is nearer than turned by half.
        let near = Self.distance(scaled, expected.pixels)
        #expect(3 * near < Self.distance(scaled, Array(expected.pixels.reversed())))
    }

    @Test func limitsAreThoseOfTheWholePicture() throws {
        let file = try Self.file(width: 640, height: 480)
        let error = #expect(throws: GraftError.self) {
            try Picture(bytes: file, name: "a.jpg", limits: ImageLimits(pixels: 100_000), shortSide: 60)
        }
        #expect(
            error?.description
                == "a.jpg: picture too large: expected at most 100000 pixels, found 640x480; make it smaller first")
    }

    @Test func aCutOffFileIsRefusedAsEver() throws {
        let file = try Self.file(width: 640, height: 480)
        let error = #expect(throws: GraftError.self) {
            try Picture(bytes: Array(file.prefix(file.count / 2)), name: "a.jpg", shortSide: 60)
        }
        #expect(error?.description == "a.jpg: the JPEG file is cut off; get a complete copy of it")
    }
}
