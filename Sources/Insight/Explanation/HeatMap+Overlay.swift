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
        let scaleX = Double(picture.width) / Double(small.width), scaleY = Double(picture.height) / Double(small.height)
        let heat = normalized
        var pixels = small.pixels
        for y in 0..<small.height {
            for x in 0..<small.width {
                let index = (y * small.width + x) * 3
                let place = part.share(x: (Double(x) + 0.5) * scaleX, y: (Double(y) + 0.5) * scaleY)
                let value = place.map { heat.value(x: $0.x, y: $0.y) } ?? 0
                let color = Self.color(value)
                let grey =
                    0.299 * Float(pixels[index]) + 0.587 * Float(pixels[index + 1]) + 0.114 * Float(pixels[index + 2])
                for channel in 0..<3 {
                    let own = Float(pixels[index + channel])
                    let base = place == nil ? grey * 0.5 + 40 : own * (0.55 + 0.25 * value) + grey * 0.1
                    let mixed = base * (1 - 0.55 * value) + color[channel] * 0.55 * value
                    pixels[index + channel] = UInt8(max(0, min(255, mixed.rounded())))
                }
            }
        }
        return try Picture(width: small.width, height: small.height, pixels: pixels)
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
