import Foundation
import Images
import Testing
import Zoo

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Damaged pictures, of every format that this build reads.
extension HostileTests {
    @Test(
        .timeLimit(.minutes(10)),
        arguments: [
            ["gray.jpg", "progressive.jpg", "3x500.jpg", "1x1.jpg"],
            ["rgb8.png", "rgba16.png", "palette-transparent.png", "interlaced-rgb8.png", "gray1.png"],
            ["lossy.webp", "lossless-alpha.webp", "lossy-alpha.webp", "animation-part.webp"],
        ])
    func pictures(names: [String]) throws {
        try attackPictures(names.map { "images/decoding/\($0)" })
    }

    @Test(
        .timeLimit(.minutes(10)),
        arguments: [
            ["palette.gif", "interlaced.gif", "part-transparent.gif", "animation.gif", "short-palette.gif"],
            ["rgb24.bmp", "runs8.bmp", "runs4.bmp", "jump.bmp", "palette4.bmp", "rgba-masks.bmp", "old.bmp"],
            [
                "lzw.tif", "tiles-rgb16-lzw.tif", "planes.tif", "multiplied.tif", "bits-group4.tif", "jpeg.tif",
                "big.tif",
            ],
            ["420.heic", "444.heic", "turned6.heic", "gray.heic"],
            ["420.avif", "444.avif", "turned6.avif", "alpha.avif"],
            ["lossy.jxl", "lossless.jxl", "from-jpeg.jxl", "alpha.jxl"],
        ])
    func otherFormats(names: [String]) throws {
        // Those whose library is in this build.
        let read = names.filter { name in PictureFormats.extensions.contains { name.hasSuffix(".\($0)") } }
        guard !read.isEmpty else { return }
        try withErrorsAside { try attackPictures(read.map { "images/formats/\($0)" }) }
    }

    /// Some libraries say on standard error what they find, line after line. It goes to a file meanwhile, which stays if
    /// the process dies.
    private func withErrorsAside(_ body: () throws -> Void) throws {
        let path = NSTemporaryDirectory() + "/graft-hostile-errors-\(getpid())"
        let file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        let usual = dup(STDERR_FILENO)
        try #require(file >= 0 && usual >= 0)
        dup2(file, STDERR_FILENO)
        close(file)
        defer {
            dup2(usual, STDERR_FILENO)
            close(usual)
            unlink(path)
        }
        try body()
    }

    @Test(.timeLimit(.minutes(10))) func profiles() throws {
        try attackPictures(["p3.jpg", "adobe.jpg", "gray.jpg", "p3.webp", "srgb.jpg"].map { "images/profiles/\($0)" })
    }

    private func attackPictures(_ paths: [String]) throws {
        let originals = try fixtures(paths)
        // A mutant may honestly state a larger picture: the limit keeps an honest one small.
        let limits = ImageLimits(fileBytes: 1 << 20, pixels: 1 << 20, side: 4096)
        _ = try attack("picture", originals, onDisk: false, name: "mutant") { bytes, _, _ in
            let picture = try Picture(bytes: bytes, name: "mutant", limits: limits)
            #expect(picture.pixels.count == picture.width * picture.height * 3)
        }
    }
}
