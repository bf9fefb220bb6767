package import Images
import Weights
package import Zoo

/// Pictures as PNG files: without loss, for overlays that a person looks at closely.
package enum PNGFile {
    /// The file's bytes: 8 bits a channel, every row as the differences to the pixel on the left.
    /// - Throws: `GraftError.outOfMemory`
    package static func bytes(of picture: Picture) throws(GraftError) -> [UInt8] {
        let stride = picture.width * 3
        var rows = [UInt8](repeating: 1, count: (stride + 1) * picture.height)
        for row in 0..<picture.height {
            let source = row * stride, target = row * (stride + 1) + 1
            for place in 0..<min(3, stride) { rows[target + place] = picture.pixels[source + place] }
            for place in min(3, stride)..<stride {
                rows[target + place] = picture.pixels[source + place] &- picture.pixels[source + place - 3]
            }
        }
        // Photographs hardly shrink further, and the usual level takes five times as long.
        guard let packed = Deflater.pack(rows, level: 2) else {
            throw GraftError(.outOfMemory, "the picture cannot be encoded as PNG")
        }
        var file: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
        // 8 bits, red, green and blue; nothing interlaced.
        append("IHDR", big(UInt32(picture.width)) + big(UInt32(picture.height)) + [8, 2, 0, 0, 0], to: &file)
        append("IDAT", [0x78, 0x9C] + packed + big(adler(rows)), to: &file)
        append("IEND", [], to: &file)
        return file
    }

    private static func append(_ kind: String, _ content: [UInt8], to file: inout [UInt8]) {
        let named = Array(kind.utf8) + content
        file += big(UInt32(content.count)) + named + big(Deflater.checksum(of: named))
    }

    private static func big(_ value: UInt32) -> [UInt8] {
        (0..<4).map { UInt8(truncatingIfNeeded: value >> (24 - 8 * UInt32($0))) }
    }

    /// zlib's checksum (RFC 1950).
    private static func adler(_ bytes: [UInt8]) -> UInt32 {
        var a: UInt32 = 1, b: UInt32 = 0
        var start = 0
        while start < bytes.count {
            // As many as can be added before 32 bits overflow.
            let end = min(bytes.count, start + 5552)
            for index in start..<end {
                a &+= UInt32(bytes[index])
                b &+= a
            }
            (a, b) = (a % 65521, b % 65521)
            start = end
        }
        return b << 16 | a
    }
}
