package import Images
package import Zoo

/// How much there is to see in a picture, measured on a fixed working size so that the numbers mean the same for all.
package struct PictureQuality: Sendable, Hashable {
    /// The longer side while measuring.
    package static let workingSide = 256

    /// Of all grey values, from 0 to 255.
    package let mean: Double
    /// Standard deviation of the grey values.
    package let contrast: Double
    /// The grey value that 99 % (1 %) of the pixels are below: how bright the brightest parts are, and how dark the darkest.
    package let brightest: Double
    package let darkest: Double
    /// The share of detail that blurring takes away, where the picture is sharpest: a sharp picture's is near 1. nil where no
    /// part has any structure, as on a plain picture.
    package let sharpness: Double?
    /// Mean and deviation of the outermost pixels.
    package let borderMean: Double
    package let borderDeviation: Double
    /// Of the outermost pixels, how much redder than blue they are, and how much greener than both.
    package let borderWarmth: Double
    package let borderGreenness: Double

    /// What is wrong with a picture.
    package enum Fault: String, Sendable, Hashable, CaseIterable {
        case blank, dark, bright, blurred
    }

    package static let leastContrast = 3.0
    package static let darkLimit = 40.0
    package static let brightLimit = 225.0
    package static let leastSharpness = 0.45

    /// The faults, with the measure and its limit.
    package var faults: [(fault: Fault, measure: Double, limit: Double)] {
        guard contrast >= Self.leastContrast else { return [(.blank, contrast, Self.leastContrast)] }
        var faults: [(Fault, Double, Double)] = []
        if brightest < Self.darkLimit { faults.append((.dark, brightest, Self.darkLimit)) }
        if darkest > Self.brightLimit { faults.append((.bright, darkest, Self.brightLimit)) }
        if let sharpness, sharpness < Self.leastSharpness { faults.append((.blurred, sharpness, Self.leastSharpness)) }
        return faults
    }

    package init(_ picture: Picture) throws(GraftError) {
        let small = try Self.resized(picture)
        let brightness = GreyPicture(small), grey = brightness.values
        let count = Double(grey.count)
        let mean = grey.reduce(0.0) { $0 + Double($1) } / count
        self.mean = mean
        contrast = (grey.reduce(0.0) { $0 + (Double($1) - mean) * (Double($1) - mean) } / count).squareRoot()
        var histogram = [Int](repeating: 0, count: 256)
        for value in grey { histogram[max(0, min(255, Int(Double(value) + 0.5)))] += 1 }
        darkest = Self.quantile(histogram, 0.01)
        brightest = Self.quantile(histogram, 0.99)
        sharpness = Self.sharpness(brightness)
        var border: [Double] = []
        var colour = [0.0, 0.0, 0.0]
        for y in 0..<small.height {
            for x in 0..<small.width where y == 0 || x == 0 || y == small.height - 1 || x == small.width - 1 {
                let place = y * small.width + x
                border.append(Double(grey[place]))
                for channel in 0..<3 { colour[channel] += Double(small.pixels[place * 3 + channel]) }
            }
        }
        let edge = border.reduce(0, +) / Double(border.count)
        borderMean = edge
        borderWarmth = (colour[0] - colour[2]) / Double(border.count)
        borderGreenness = (colour[1] - (colour[0] + colour[2]) / 2) / Double(border.count)
        borderDeviation =
            (border.reduce(0) { $0 + ($1 - edge) * ($1 - edge) } / Double(border.count)).squareRoot()
    }

    /// Small pictures are not made larger: that would blur them.
    private static func resized(_ picture: Picture) throws(GraftError) -> Picture {
        let long = max(picture.width, picture.height)
        guard long > workingSide else { return picture }
        return try picture.resized(
            width: max(1, picture.width * workingSide / long), height: max(1, picture.height * workingSide / long),
            interpolation: .bilinear)
    }

    private static func quantile(_ histogram: [Int], _ share: Double) -> Double {
        let target = Double(histogram.reduce(0, +)) * share
        var sum = 0
        for (value, count) in histogram.enumerated() {
            sum += count
            if Double(sum) >= target { return Double(value) }
        }
        return 255
    }

    /// The tile's side, and the mean difference of neighbours (in steps of 8 bits) from which it has structure.
    private static let tile = 32
    private static let structure: Float = 1
    /// Half the width of the blur that takes detail away: 9 pixels as in Crete et al., "The blur effect", 2007.
    private static let reach = 4

    /// The blur effect of the tiles that have structure; a plain background has none, so it does not count as blurred.
    private static func sharpness(_ grey: GreyPicture) -> Double? {
        let (width, height) = (grey.width, grey.height)
        guard min(width, height) > 2 * reach + 1 else { return nil }
        var best: Double?
        for top in stride(from: 0, to: max(1, height - tile / 2), by: tile) {
            for left in stride(from: 0, to: max(1, width - tile / 2), by: tile) {
                let rows = top..<min(height, top + tile), columns = left..<min(width, left + tile)
                for isAlongRows in [true, false] {
                    guard let share = detail(grey, rows, columns, isAlongRows: isAlongRows) else { continue }
                    best = max(best ?? 0, share)
                }
            }
        }
        return best
    }

    /// The share of the differences of neighbours in a tile that a blur along them takes away.
    private static func detail(
        _ grey: GreyPicture, _ rows: Range<Int>, _ columns: Range<Int>, isAlongRows: Bool
    ) -> Double? {
        func inner(_ range: Range<Int>, of size: Int) -> Range<Int> {
            let first = max(range.lowerBound, reach + 1)
            return first..<max(first, min(range.upperBound, size - reach))
        }
        let columns = isAlongRows ? inner(columns, of: grey.width) : columns
        let rows = isAlongRows ? rows : inner(rows, of: grey.height)
        guard !columns.isEmpty, !rows.isEmpty else { return nil }
        let (sharp, lost) = grey.detail(columns: columns, rows: rows, isAlongRows: isAlongRows, reach: reach)
        return sharp / Float(columns.count * rows.count) >= structure ? Double(lost / sharp) : nil
    }
}
