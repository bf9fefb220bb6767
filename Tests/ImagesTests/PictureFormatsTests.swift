import Images
import Testing
import Zoo

/// The list of formats, and one more.
@Suite struct PictureFormatsTests {
    private struct Checkers: PictureFormat {
        var name = "checkers"
        var extensions = ["checkers"]

        func recognizes(_ start: ArraySlice<UInt8>) -> Bool { start.starts(with: Array("checkers".utf8)) }

        func decode(_ file: PictureFile) throws(GraftError) -> DecodedPicture {
            guard file.bytes.count > 8 else { throw file.truncated() }
            let side = Int(file.bytes[8])
            // A reader that forgets to check its size.
            let pixels = [UInt8](repeating: 9, count: side * (side + 1) * 3)
            return DecodedPicture(try Picture(width: side, height: side + 1, pixels: pixels), orientation: 6)
        }
    }

    @Test func namesAndExtensions() {
        for name in ["JPEG", "PNG", "WebP", "BMP"] { #expect(PictureFormats.names.contains(name)) }
        #expect(PictureFormats.names.hasPrefix("JPEG, PNG, WebP, "))
        #expect(PictureFormats.extensions.isSuperset(of: ["jpg", "jpeg", "jpe", "jfif", "png", "webp", "bmp", "dib"]))
    }

    @Test func oneMoreFormat() throws {
        try PictureFormats.register(Checkers())
        #expect(PictureFormats.names.hasSuffix(" or checkers"))
        #expect(PictureFormats.extensions.contains("checkers"))
        let file = Array("checkers".utf8) + [5]
        let picture = try Picture(bytes: file, name: "a")
        #expect((picture.width, picture.height) == (6, 5))
        #expect(message(Array(file.dropLast()), "a") == "a: the checkers file is cut off; get a complete copy of it")
        #expect(
            message(file, "a", limits: ImageLimits(pixels: 20))
                == "a: picture too large: expected at most 20 pixels, found 5x6; make it smaller first")

        func refusal(_ format: Checkers) -> String? {
            #expect(throws: GraftError.self) { try PictureFormats.register(format) }?.description
        }
        #expect(refusal(Checkers()) == "the picture format 'checkers' is registered already")
        #expect(
            refusal(Checkers(name: "JPEG 3", extensions: ["jpg3", "jpg"]))
                == "the extension 'jpg' of the picture format 'JPEG 3' is registered already")
        #expect(
            refusal(Checkers(name: "other", extensions: [".X"]))
                == "impossible extensions of the picture format 'other': expected small letters without a dot, found .X"
        )
    }
}
