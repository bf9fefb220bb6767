import Foundation
import Images
import TestSupport
import Testing
import Zoo

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

@Suite struct OtherFileTests {
    @Test(arguments: [
        ("\0\0\0\u{1C}ftypisom\0\0\0\0", "a video; convert it first"),
        ("\0\0\0\u{C}jP  \r\n", "JPEG 2000; convert it first"),
        ("8BPS\0\u{1}", "a Photoshop document; convert it first"),
        ("\0\0\u{1}\0\u{1}\0", "ICO; convert it first"),
        ("%PDF-1.7\n", "PDF; convert it first"),
        ("<svg xmlns='x'/>", "SVG; convert it first"),
        ("<?xml version='1.0'?>\n<svg xmlns='x'/>", "SVG; convert it first"),
        ("PK\u{3}\u{4}\u{14}\0", "a zip archive; unpack it first"),
        ("\n<!DOCTYPE HTML>\n<title>404</title>", "an HTML page; download the picture itself"),
        ("<html><body>no</body></html>", "an HTML page; download the picture itself"),
        ("version https://git-lfs.github.com/spec/v1\n", "a Git LFS pointer; run git lfs pull"),
        ("pizza: see the other folder\nКириллица", "text"),
        ("\u{1}\u{2}\u{3}\u{4}", "unknown data"),
        ("BM, as initials", "text"),
        ("RIFF\u{4}\0\0\0WAVEfmt ", "unknown data"),
        ("", "an empty file"),
    ])
    func formatsAreRecognised(_ content: String, _ found: String) {
        // Another test may add a format meanwhile.
        let before = PictureFormats.names, text = message(Array(content.utf8), "pizza.jpg")
        #expect(
            [before, PictureFormats.names].contains { names in
                text == "pizza.jpg: not a picture file: expected \(names), found \(found)"
            }, "\(text)")
    }

    /// Formats that this build has no library for are known by name.
    @Test(arguments: [
        ("GIF89a\u{1}\0\u{1}\0", "GIF", "GIF"), ("II*\0\u{8}\0\0\0", "TIFF", "TIFF"),
        ("\0\0\0\u{1C}ftypheic\0\0\0\0", "HEIC", "HEIC"), ("\0\0\0\u{1C}ftypavif\0\0\0\0", "AVIF", "AVIF"),
        ("\0\0\0\u{1C}ftypmif1\0\0\0\0avifmiaf", "AVIF", "AVIF"),
        ("\0\0\0\u{1C}ftypmif1\0\0\0\0heicmiaf", "HEIC", "HEIC"), ("\0\0\0\u{C}JXL \r\n", "JPEG XL", "JPEGXL"),
    ])
    func formatsOfLibraries(_ content: String, _ format: String, _ trait: String) {
        let text = message(Array(content.utf8), "pizza.jpg")
        if PictureFormats.all.contains(where: { $0.name == format }) {
            #expect(text.hasPrefix("pizza.jpg: the \(format) file is "))
        } else {
            #expect(
                text == "pizza.jpg: \(format) is not read by this build of Graft; build it with the package trait "
                    + "\(trait), or convert the file first")
        }
    }

    /// Reading stops looking at 1024 bytes, which may cut a character.
    @Test func longText() {
        let text = "x" + String(repeating: "ж", count: 1000)
        #expect(message(Array(text.utf8)) == "a.jpg: not a picture file: expected \(PictureFormats.names), found text")
    }

    @Test func filesThatAreNone() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("graft-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        func text(_ path: String, limits: ImageLimits = ImageLimits()) -> String? {
            let error = #expect(throws: GraftError.self) { try Picture(path: path, limits: limits) }
            return error?.description
        }
        let missing = folder.appendingPathComponent("missing.jpg").path
        #expect(text(missing) == "\(missing): no such file")
        #expect(text("") == ": no such file")
        #expect(text("a\0b") == #"a\x00b: no such file"#)
        #expect(
            text(folder.path)
                == "\(folder.path): not a file: expected a file of \(PictureFormats.names), found a directory")
        let pipe = folder.appendingPathComponent("pipe.jpg").path
        #expect(mkfifo(pipe, 0o600) == 0)
        #expect(text(pipe) == "\(pipe): not a file: expected a file of \(PictureFormats.names), found a pipe")
        #expect(
            text("/dev/zero") == "/dev/zero: not a file: expected a file of \(PictureFormats.names), found a device")
        let inside = folder.appendingPathComponent("pipe.jpg/a.jpg").path
        #expect(text(inside) == "\(inside): no such file")
        let large = Fixtures.path("images/decoding/rgb8.png")
        let size = try fixtureBytes("decoding/rgb8.png").count
        #expect(
            text(large, limits: ImageLimits(fileBytes: size - 1))
                == "\(large): file too large: expected at most \(size - 1) bytes, found \(size) bytes")
        #expect(try Picture(path: large, limits: ImageLimits(fileBytes: size)).width == 19)
    }
}
