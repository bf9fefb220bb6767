package import Images
package import Zoo

/// A picture shrunk to a square of grey: what is left of it after recompressing, resizing and small cuts.
package struct SmallGrey: Sendable, Hashable {
    /// Divides by 8 and 9 for the difference hash, and by `side`.
    static let working = 72
    /// The side of what is correlated.
    package static let side = 12

    /// `[working, working]`
    let cells: [UInt8]
    /// `[side, side]` with mean 0 and length 1; all zeros for a picture of one colour.
    package let values: [Float]
    /// The difference hash of the picture, and of it turned and mirrored in all eight ways (the first is as it is).
    package let hashes: [UInt64]

    package init(_ picture: Picture) throws(GraftError) {
        let small = try picture.resized(width: Self.working, height: Self.working, interpolation: .bilinear)
        self.init(luma: GreyPicture(small).values)
    }

    private init(luma: [Float]) {
        cells = luma.map { UInt8(max(0, min(255, Double($0) + 0.5))) }
        let cells = Self.means(luma, columns: Self.side, rows: Self.side)
        let mean = cells.reduce(0, +) / Float(cells.count)
        let centred = cells.map { $0 - mean }
        let length = centred.reduce(0) { $0 + $1 * $1 }.squareRoot()
        // Less than half a step of 8 bits everywhere is no picture.
        let flat = length < 0.5 * Float(Self.side)
        values = flat ? centred.map { _ in 0 } : centred.map { $0 / length }
        hashes = (0..<8).map { Self.hash(Self.turned(luma, $0, side: Self.working)) }
    }

    /// Whether the picture has any structure.
    package var isFlat: Bool { values.allSatisfy { $0 == 0 } }

    /// From -1 to 1, the best over this picture turned and mirrored.
    package func correlation(with other: SmallGrey) -> Float {
        (0..<8).map { way in correlation(with: other, turned: way) }.max() ?? 0
    }

    /// The correlation with the other picture turned in one of eight ways; 0 is as it is.
    package func correlation(with other: SmallGrey, turned way: Int) -> Float {
        zip(values, Self.turned(other.values, way, side: Self.side)).reduce(0) { $0 + $1.0 * $1.1 }
    }

    /// The fewest bits in which the other's difference hash, turned and mirrored, is another one, and the way.
    package func distance(to other: SmallGrey) -> (bits: Int, way: Int) {
        var best = (bits: 65, way: 0)
        for (way, hash) in other.hashes.enumerated() {
            let bits = (hashes[0] ^ hash).nonzeroBitCount
            if bits < best.bits { best = (bits, way) }
        }
        return best
    }

    /// Means of a grid of blocks.
    private static func means(_ luma: [Float], columns: Int, rows: Int) -> [Float] {
        let width = working / columns, height = working / rows
        var result = [Float](repeating: 0, count: columns * rows)
        for y in 0..<working {
            for column in 0..<columns {
                let cell = y / height * columns + column, start = y * working + column * width
                for value in luma[start..<start + width] { result[cell] += value }
            }
        }
        return result.map { $0 / Float(width * height) }
    }

    /// Bit by bit, whether a block of a grid of 9 x 8 is darker than the one to its right.
    private static func hash(_ luma: [Float]) -> UInt64 {
        let cells = means(luma, columns: 9, rows: 8)
        var hash: UInt64 = 0
        for y in 0..<8 {
            for x in 0..<8 { hash = hash << 1 | (cells[y * 9 + x] < cells[y * 9 + x + 1] ? 1 : 0) }
        }
        return hash
    }

    /// The eight symmetries of a square: transposed, then mirrored in each axis, as the bits of `way` say.
    private static func turned(_ values: [Float], _ way: Int, side: Int) -> [Float] {
        guard way != 0 else { return values }
        var result: [Float] = []
        result.reserveCapacity(side * side)
        for row in 0..<side {
            for column in 0..<side {
                var (y, x) = (row, column)
                if way & 1 != 0 { x = side - 1 - x }
                if way & 2 != 0 { y = side - 1 - y }
                if way & 4 != 0 { (x, y) = (y, x) }
                result.append(values[y * side + x])
            }
        }
        return result
    }
}
