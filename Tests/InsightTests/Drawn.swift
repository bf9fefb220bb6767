import Images
import TestSupport
import Zoo

/// Small pictures that look different to a person, made of numbers.
enum Drawn {
    /// Ellipses and bars on a slope of colour.
    static func scene(_ number: Int, width: Int = 160, height: Int = 120) throws -> Picture {
        let r = HashFill.samples("scene \(number)", 80)
        var pixels: [UInt8] = []
        for y in 0..<height {
            for x in 0..<width {
                let (u, v) = (Double(x) / Double(width), Double(y) / Double(height))
                var color = [120 + 60 * r[0] * u, 120 + 60 * r[1] * v, 120 + 60 * r[2] * (u - v)]
                for shape in 0..<8 {
                    let s = Array(r[3 + shape * 9..<12 + shape * 9])
                    let (a, b) = (
                        (u - 0.5 - s[0] / 2) / (0.1 + 0.1 * abs(s[2])), (v - 0.5 - s[1] / 2) / (0.1 + 0.1 * abs(s[3]))
                    )
                    let inside = shape % 2 == 0 ? a * a + b * b < 1 : max(abs(a), abs(b)) < 1
                    if inside { color = [128 + 120 * s[4], 128 + 120 * s[5], 128 + 120 * s[6]] }
                }
                pixels += color.map { UInt8(max(0, min(255, $0))) }
            }
        }
        return try Picture(width: width, height: height, pixels: pixels)
    }

    static func changed(_ picture: Picture, _ change: (UInt8) -> UInt8) throws -> Picture {
        try Picture(width: picture.width, height: picture.height, pixels: picture.pixels.map(change))
    }

    static func mirrored(_ picture: Picture) throws -> Picture {
        try moved(picture, width: picture.width, height: picture.height) { (picture.width - 1 - $0, $1) }
    }

    /// A quarter to the right.
    static func turned(_ picture: Picture) throws -> Picture {
        try moved(picture, width: picture.height, height: picture.width) { ($1, picture.height - 1 - $0) }
    }

    private static func moved(
        _ picture: Picture, width: Int, height: Int, from place: (Int, Int) -> (Int, Int)
    ) throws -> Picture {
        var pixels: [UInt8] = []
        for y in 0..<height {
            for x in 0..<width {
                let (left, top) = place(x, y)
                let index = (top * picture.width + left) * 3
                pixels += picture.pixels[index..<index + 3]
            }
        }
        return try Picture(width: width, height: height, pixels: pixels)
    }

    /// With a bright box in the corner.
    static func marked(_ picture: Picture) throws -> Picture {
        var pixels = picture.pixels
        for y in 0..<picture.height / 6 {
            for x in 0..<picture.width / 6 {
                for channel in 0..<3 { pixels[(y * picture.width + x) * 3 + channel] = 250 }
            }
        }
        return try Picture(width: picture.width, height: picture.height, pixels: pixels)
    }

    /// Everything of one colour but a square with a check pattern.
    static func boxOnPlain() throws -> Picture {
        var pixels = [UInt8](repeating: 200, count: 256 * 192 * 3)
        for y in 100..<130 {
            for x in 120..<150 {
                for channel in 0..<3 { pixels[(y * 256 + x) * 3 + channel] = (x / 5 + y / 5) % 2 == 0 ? 20 : 240 }
            }
        }
        return try Picture(width: 256, height: 192, pixels: pixels)
    }
}
