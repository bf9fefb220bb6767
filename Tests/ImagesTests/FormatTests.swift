import Foundation
import Images
import TestSupport
import Testing
import Zoo

/// The formats beside JPEG, PNG and WebP, against what Pillow reads.
@Suite struct FormatTests {
    /// Whose libraries are in this build.
    private static let pictures = fixtures(in: "formats").filter(isRead)

    static func isRead(_ name: String) -> Bool {
        PictureFormats.extensions.contains((name as NSString).pathExtension)
    }

    @Test func everyFixtureIsThere() {
        #expect(fixtures(in: "formats").count == 100)
        #expect(fixtures(in: "profiles").count == 14)
    }

    /// Another version of the codec may round a lossy picture another way.
    @Test(arguments: pictures)
    func pixelsArePillows(_ name: String) throws {
        let found = try #require(difference(fixture(name), fixture("\(name).expected.png")))
        let isLossy =
            name.hasSuffix("heic") || name.hasSuffix("avif") || name.contains("jpeg") || name.contains("lossy")
        #expect(found <= (isLossy ? 1 : 0))
    }

    @Test(arguments: pictures)
    func endsAreMissed(_ name: String) throws {
        let bytes = try fixtureBytes(name)
        // The first picture is all there.
        guard !name.contains("animation"), !name.contains("pages") else { return }
        for count in stride(from: 0, to: bytes.count * 3 / 4, by: max(1, bytes.count / 60)) {
            let text = message(Array(bytes.prefix(count)), "a.picture")
            #expect(text.hasPrefix("a.picture: "), "\(count) bytes: \(text)")
        }
    }

    @Test(arguments: [
        ("palette.gif", "GIF"), ("rgb24.bmp", "BMP"), ("runs8.bmp", "BMP"), ("rgb16-big-lzw.tif", "TIFF"),
        ("444.heic", "HEIC"), ("444.avif", "AVIF"), ("lossless.jxl", "JPEG XL"), ("from-jpeg.jxl", "JPEG XL"),
    ])
    func cutOff(_ name: String, _ format: String) throws {
        guard Self.isRead(name) else { return }
        let bytes = try fixtureBytes("formats/\(name)")
        let text = message(Array(bytes.prefix(bytes.count * 3 / 5)), name)
        if name.hasSuffix("tif") {
            // The directory comes last, or first: then strips are missing.
            #expect(text.hasPrefix("\(name): the TIFF file is "))
        } else {
            #expect(text == "\(name): the \(format) file is cut off; get a complete copy of it")
        }
    }

    /// Sizes are checked before memory is taken.
    @Test(arguments: pictures)
    func limitsHold(_ name: String) throws {
        let bytes = try fixtureBytes(name)
        guard name != "formats/1x1.gif" else { return }
        #expect(
            message(bytes, limits: ImageLimits(pixels: 60)).contains(": picture too large: expected at most 60 pixels"))
        #expect(
            message(bytes, limits: ImageLimits(side: 8)).contains(": picture too large: expected sides of at most 8"))
    }

    @Test func kindsThatAreRefused() throws {
        var bitmap = try fixtureBytes("formats/rgb24.bmp")
        bitmap[28] = 2
        #expect(
            message(bitmap, "a.bmp") == "a.bmp: a kind of BMP that is not read: found 2 bits a pixel; convert it first")
        var runs = try fixtureBytes("formats/runs8.bmp")
        runs[30] = 5
        #expect(
            message(runs, "a.bmp")
                == "a.bmp: a kind of BMP that is not read: found compression 5 of 8 bits a pixel; convert it first")
        guard Self.isRead("a.tif") else { return }
        // The photometric interpretation, in the first entries of a little-endian file.
        var tiff = try fixtureBytes("formats/rgb16-little-raw.tif")
        let entry: [UInt8] = [6, 1, 3, 0, 1, 0, 0, 0]
        let place = try #require(tiff.indices.first { tiff[$0...].starts(with: entry) })
        tiff[place + 8] = 8
        #expect(
            message(tiff, "a.tif") == "a.tif: a kind of TIFF that is not read: found L*a*b* colors; convert it first")
    }
}
