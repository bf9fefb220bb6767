import Images
import TestSupport
import Testing

/// Brightness, and how it changes from pixel to pixel.
@Suite struct GreyPictureTests {
    private static func picture() throws -> Picture {
        let values = HashFill.samples("grey", 40 * 33 * 3)
        return try Picture(width: 40, height: 33, pixels: values.map { UInt8(127.5 + 127 * $0) })
    }

    @Test func `brightness has the weights of BT 601`() throws {
        let picture = try Self.picture(), grey = GreyPicture(picture)
        #expect((grey.width, grey.height, grey.values.count) == (40, 33, 40 * 33))
        for (index, value) in grey.values.enumerated() {
            let (r, g, b) = (
                Float(picture.pixels[index * 3]), Float(picture.pixels[index * 3 + 1]),
                Float(picture.pixels[index * 3 + 2])
            )
            #expect(value == 0.299 * r + 0.587 * g + 0.114 * b)
        }
    }

    /// Parts that fill whole vectors, leave something over, or are narrower than one.
    @Test(arguments: [5..<36, 5..<13, 7..<10, 5..<6], [true, false])
    func `detail is what a blur takes away`(_ inner: Range<Int>, _ isAlongRows: Bool) throws {
        let grey = GreyPicture(try Self.picture()), reach = 4
        let columns = isAlongRows ? inner : 0..<40, rows = isAlongRows ? 0..<33 : 5..<29
        let step = isAlongRows ? 1 : 40
        var sharp = 0.0, lost = 0.0
        for y in rows {
            for x in columns {
                let at = y * 40 + x
                let difference = abs(Double(grey.values[at]) - Double(grey.values[at - step]))
                // A mean of nine pixels, here and one step before.
                func mean(_ middle: Int) -> Double {
                    (-reach...reach).reduce(0) { $0 + Double(grey.values[middle + $1 * step]) } / Double(2 * reach + 1)
                }
                sharp += difference
                lost += max(0, difference - abs(mean(at) - mean(at - step)))
            }
        }
        let found = grey.detail(columns: columns, rows: rows, isAlongRows: isAlongRows, reach: reach)
        #expect(abs(Double(found.sharp) / sharp - 1) < 1e-5 && abs(Double(found.lost) / lost - 1) < 1e-5)
    }
}
