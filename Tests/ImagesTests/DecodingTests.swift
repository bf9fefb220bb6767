import Images
import TestSupport
import Testing
import Zoo

@Suite struct DecodingTests {
    @Test func everyFixtureIsThere() {
        #expect(fixtures(in: "decoding").count == 44)
        #expect(fixtures(in: "orientation").count == 17)
    }

    /// The expected pictures are PNGs too: this one is checked against plain bytes.
    @Test func plainPNG() throws {
        let picture = try fixture("decoding/rgb8.png")
        #expect(picture.width == 19)
        #expect(picture.height == 13)
        #expect(picture.pixels == (try fixtureBytes("decoding/rgb8.raw")))
    }

    /// Lossless formats give Pillow's pixels; of lossy ones another version of the codec may round another way.
    @Test(arguments: fixtures(in: "decoding"))
    func pixelsArePillows(_ name: String) throws {
        let found = try #require(difference(fixture(name), fixture("\(name).expected.png")))
        let exact = name.hasSuffix(".png") || !name.hasSuffix(".jpg") && !name.contains("lossy")
        #expect(found <= (exact ? 0 : 1))
    }

    @Test(arguments: fixtures(in: "orientation"))
    func orientationIsApplied(_ name: String) throws {
        let found = try #require(difference(fixture(name), fixture("\(name).expected.png")))
        #expect(found <= (name.hasSuffix(".jpg") ? 1 : 0))
    }

    @Test func pictureOfPixels() throws {
        let picture = try Picture(width: 2, height: 1, pixels: [1, 2, 3, 4, 5, 6])
        #expect(picture.pixels == [1, 2, 3, 4, 5, 6])
        for (width, height) in [(1, 1), (-2, -1), (0, 0), (.max, 3)] {
            let error = #expect(throws: GraftError.self) {
                try Picture(width: width, height: height, pixels: [1, 2, 3, 4, 5, 6])
            }
            #expect(
                error?.description
                    == "a picture's size does not fit its pixels: expected \(width)x\(height)x3 values, found 6")
        }
    }

    @Test func encodedJPEGIsNearThePicture() throws {
        // Smooth, for colours have half the resolution.
        let picture = try fixture("resizing/257x301.png").thumbnail(longSide: 20).resized(width: 160, height: 121)
        let fine = try picture.jpeg(quality: 95)
        let coarse = try picture.jpeg(quality: 20)
        #expect(fine.starts(with: [0xFF, 0xD8, 0xFF]))
        #expect(coarse.count < fine.count / 2)
        let again = try Picture(bytes: fine, name: "again")
        #expect((again.width, again.height) == (picture.width, picture.height))
        let squares = zip(again.pixels, picture.pixels).reduce(0.0) { $0 + pow2(Double($1.0) - Double($1.1)) }
        #expect(squares / Double(picture.pixels.count) < 4)
        #expect(throws: GraftError.self) { try picture.jpeg(quality: 0) }
        let long = try Picture(width: 65_501, height: 1, pixels: [UInt8](repeating: 9, count: 65_501 * 3))
        let error = #expect(throws: GraftError.self) { try long.jpeg() }
        #expect(
            error?.description
                == "picture too large for JPEG: expected sides of at most 65500 pixels, found 65501x1")
    }
}

private func pow2(_ x: Double) -> Double { x * x }
