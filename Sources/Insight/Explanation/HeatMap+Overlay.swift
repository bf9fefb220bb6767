package import Images
package import Zoo

extension HeatMap {
    /// The map on a picture: hot parts glow, the rest is dim, and what the model did not see is grey.
    /// - Parameters:
    ///   - picture: the upright original.
    ///   - part: what of it the model saw.
    ///   - longSide: the most pixels of the overlay's longer side.
    /// - Throws: `GraftError.invalidValue` for a picture that cannot be resized.
    package func overlay(on picture: Picture, part: SeenPart, longSide: Int = 1024) throws(GraftError) -> Picture {
        let small = try picture.thumbnail(longSide: longSide)
        let heat = normalized
        let across = Self.axis(
            small.width, of: picture.width, from: part.left, length: part.width, cells: columns)
        let down = Self.axis(small.height, of: picture.height, from: part.top, length: part.height, cells: rows)
        var pixels = small.pixels
        var index = 0
        for row in down {
            for column in across {
                let (red, green, blue) = (Float(pixels[index]), Float(pixels[index + 1]), Float(pixels[index + 2]))
                let grey = 0.299 * red + 0.587 * green + 0.114 * blue
                if row.isSeen, column.isSeen {
                    let upper =
                        heat.values[row.low * columns + column.low] * (1 - column.share)
                        + heat.values[row.low * columns + column.high] * column.share
                    let lower =
                        heat.values[row.high * columns + column.low] * (1 - column.share)
                        + heat.values[row.high * columns + column.high] * column.share
                    let value = upper * (1 - row.share) + lower * row.share
                    let color = Self.colors[Int(value * Float(Self.colors.count - 1))]
                    let (own, mixed) = (0.55 + 0.25 * value, 0.55 * value)
                    pixels[index] = Self.byte((red * own + grey * 0.1) * (1 - mixed) + color.x * mixed)
                    pixels[index + 1] = Self.byte((green * own + grey * 0.1) * (1 - mixed) + color.y * mixed)
                    pixels[index + 2] = Self.byte((blue * own + grey * 0.1) * (1 - mixed) + color.z * mixed)
                } else {
                    let dim = Self.byte(grey * 0.5 + 40)
                    for channel in 0..<3 { pixels[index + channel] = dim }
                }
                index += 3
            }
        }
        return try Picture(width: small.width, height: small.height, pixels: pixels)
    }

    /// Where a pixel lies between the centres of two cells.
    private struct Place {
        let isSeen: Bool
        let low: Int
        let high: Int
        let share: Float
    }

    /// - Parameters:
    ///   - count: pixels of the overlay along one side.
    ///   - side: of the picture.
    ///   - start: where the part that the model saw begins, in the picture's pixels.
    private static func axis(
        _ count: Int, of side: Int, from start: Double, length: Double, cells: Int
    ) -> [Place] {
        let scale = Double(side) / Double(count)
        return (0..<count).map { pixel in
            let share = ((Double(pixel) + 0.5) * scale - start) / length
            let position = max(0, min(Double(cells) - 1, share * Double(cells) - 0.5))
            let low = Int(position)
            return Place(
                isSeen: (0...1).contains(share), low: low, high: min(cells - 1, low + 1),
                share: Float(position - Double(low)))
        }
    }

    private static func byte(_ value: Float) -> UInt8 { UInt8(max(0, min(255, value.rounded()))) }

    private static let colors: [SIMD3<Float>] = (0..<1024).map { place in
        let color = color(Float(place) / 1023)
        return SIMD3(color[0], color[1], color[2])
    }

    /// From dark violet over red and orange to light yellow: brightness rises all the way, so that it needs no colour
    /// vision.
    private static func color(_ value: Float) -> [Float] {
        let stops: [[Float]] = [[40, 10, 84], [140, 26, 110], [221, 81, 58], [252, 165, 10], [252, 255, 164]]
        let place = max(0, min(1, value)) * Float(stops.count - 1)
        let low = min(stops.count - 2, Int(place))
        let share = place - Float(low)
        return (0..<3).map { stops[low][$0] * (1 - share) + stops[low + 1][$0] * share }
    }
}
