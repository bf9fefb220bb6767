import Foundation
import Images
import TestSupport
import Testing
import Zoo

@Suite struct BrokenFileTests {
    @Test(arguments: [
        ("420.jpg", "JPEG"), ("progressive.jpg", "JPEG"), ("cmyk.jpg", "JPEG"), ("rgb8.png", "PNG"),
        ("interlaced-rgb8.png", "PNG"), ("lossy.webp", "WebP"), ("lossless.webp", "WebP"),
        ("animation-part.webp", "WebP"),
    ])
    func cutOff(_ name: String, _ format: String) throws {
        let bytes = try fixtureBytes("decoding/\(name)")
        for share in [0.3, 0.6, 0.9] {
            let part = Array(bytes.prefix(Int(Double(bytes.count) * share)))
            #expect(message(part, name) == "\(name): the \(format) file is cut off; get a complete copy of it")
        }
    }

    @Test(arguments: fixtures(in: "decoding"))
    func beginningsAreRefused(_ name: String) throws {
        let bytes = try fixtureBytes(name)
        // What follows the last row may be missing.
        let end = max(24, bytes.count - 80)
        for count in stride(from: 0, to: end, by: (end + 99) / 100) {
            #expect(throws: GraftError.self, "\(count) bytes") {
                try Picture(bytes: Array(bytes.prefix(count)), name: name)
            }
        }
    }

    @Test func wrongChecksum() throws {
        var bytes = try fixtureBytes("decoding/rgb8.png")
        bytes[bytes.count - 16] ^= 1
        #expect(
            message(bytes, "a.png") == "a.png: the PNG file is damaged: found IDAT: CRC error; get another copy of it")
    }

    @Test func pngWithoutHeader() throws {
        var bytes = try fixtureBytes("decoding/rgb8.png")
        bytes.replaceSubrange(12..<16, with: "IDAT".utf8)
        #expect(message(bytes, "a.png") == "a.png: the PNG file is damaged: found no header; get another copy of it")
    }

    @Test func hugeHeaders() throws {
        func png(_ width: UInt32, _ height: UInt32) -> [UInt8] {
            var bytes = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0, 0, 0, 13] + Array("IHDR".utf8)
            for value in [width, height] { withUnsafeBytes(of: value.bigEndian) { bytes += $0 } }
            return bytes + [8, 2, 0, 0, 0, 0, 0, 0, 0]
        }
        let remedy = "; make it smaller first"
        #expect(
            message(png(60_000, 60_000), "bomb.png")
                == "bomb.png: picture too large: expected at most 178956970 pixels, found 60000x60000\(remedy)")
        #expect(
            message(png(65_501, 1), "wide.png")
                == "wide.png: picture too large: expected sides of at most 65500 pixels, found 65501x1\(remedy)")
        #expect(message(png(0, 5), "a.png") == "a.png: a picture without pixels: found 0x5")
        let all = ImageLimits(fileBytes: .max, pixels: .max, side: .max)
        #expect(
            message(png(.max, .max), "a.png", limits: all)
                == "a.png: picture too large: expected at most 2147483647 pixels, found 4294967295x4294967295\(remedy)")
        let jpeg = try fixtureBytes("decoding/420.jpg")
        #expect(
            message(jpeg, limits: ImageLimits(pixels: 2866))
                == "a.jpg: picture too large: expected at most 2866 pixels, found 61x47\(remedy)")
        #expect(message(jpeg, limits: ImageLimits(pixels: 2867)) == "61x47")
    }

    /// 2700x65500 pixels are allowed, but not of 2 kB, whose missing rows libjpeg would make up.
    @Test(arguments: ["420.jpg", "progressive.jpg"])
    func hugeWithoutData(_ name: String) throws {
        var bytes = try fixtureBytes("decoding/\(name)")
        let frame = try #require(bytes.indices.first { bytes[$0] == 0xFF && [0xC0, 0xC2].contains(bytes[$0 + 1]) })
        bytes.replaceSubrange((frame + 5)..<(frame + 9), with: [0xFF, 0xDC, 0x0A, 0x8C])
        #expect(message(bytes) == "a.jpg: the JPEG file is cut off; get a complete copy of it")
    }

    /// A few bytes a scan, each a pass over the whole picture.
    @Test func endlessScans() throws {
        let bytes = try fixtureBytes("decoding/progressive.jpg")
        let starts = bytes.indices.dropLast().filter { bytes[$0] == 0xFF && bytes[$0 + 1] == 0xDA }
        let last = bytes[(try #require(starts.last))..<(bytes.count - 2)]
        var bomb = Array(bytes.dropLast(2))
        for _ in 0..<250 { bomb += last }
        bomb += [0xFF, 0xD9]
        #expect(
            message(bomb) == "a.jpg: the JPEG file is damaged: found more than 200 scans; get another copy of it")
    }

    @Test func otherKindsOfJPEG() throws {
        var bytes = try fixtureBytes("decoding/gray.jpg")
        let frame = try #require(bytes.indices.first { bytes[$0...].starts(with: [0xFF, 0xC0]) })
        bytes[frame + 1] = 0xC3
        #expect(
            message(bytes)
                == "a.jpg: a kind of JPEG that is not read: found Unsupported JPEG process: SOF type 0xc3; "
                + "convert it first")
    }

    @Test func frameOutsideOfTheCanvas() throws {
        var bytes = try fixtureBytes("decoding/animation-part.webp")
        let frame = try #require(bytes.indices.first { bytes[$0...].starts(with: "ANMF".utf8) })
        bytes[frame + 8] = 21
        #expect(
            message(bytes, "a.webp")
                == "a.webp: the WebP file is damaged: found a frame outside of its canvas; get another copy of it")
    }

    /// Random damage may give another picture or an error, and nothing else.
    @Test(arguments: fixtures(in: "decoding") + fixtures(in: "orientation"))
    func randomDamage(_ name: String) throws {
        let whole = try fixtureBytes(name)
        var random = FixedRandom(state: 42)
        let limits = ImageLimits(pixels: 1 << 18)
        for _ in 0..<50 {
            var bytes = whole
            for _ in 0..<Int.random(in: 1...8, using: &random) {
                bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            do {
                let picture = try Picture(bytes: bytes, name: name, limits: limits)
                #expect(picture.pixels.count == picture.width * picture.height * 3)
                #expect(picture.pixels.count <= 3 << 18)
            } catch {
                #expect(error.context.file == name)
            }
        }
    }
}
