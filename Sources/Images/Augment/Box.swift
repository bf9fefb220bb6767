#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// A rectangle of pixels inside a picture.
package struct Box: Sendable, Hashable {
    /// The first row and column.
    package let top: Int, left: Int
    /// Rows and columns, 1 or more.
    package let height: Int, width: Int

    package init(top: Int, left: Int, height: Int, width: Int) {
        self.top = top
        self.left = left
        self.height = height
        self.width = width
    }

    /// torchvision's `RandomResizedCrop`: a box of a random share of the picture and a random shape. Where none of ten
    /// fits, the largest box of an allowed shape, in the middle.
    package static func crop(
        width: Int, height: Int, scale: ClosedRange<Double>, ratio: ClosedRange<Double>, draws: PictureDraws
    ) -> Box {
        for attempt in 0..<PictureDraws.attempts {
            let words = draws.words(.crop, attempt: attempt)
            let area = Double(width * height) * PictureDraws.uniform(words[0], in: scale)
            let shape = PictureDraws.ratio(words[1], in: ratio)
            let w = (area * shape).squareRoot().rounded(.toNearestOrEven)
            let h = (area / shape).squareRoot().rounded(.toNearestOrEven)
            guard (1...Double(width)).contains(w), (1...Double(height)).contains(h) else { continue }
            return Box(
                top: PictureDraws.integer(words[2], below: height - Int(h) + 1),
                left: PictureDraws.integer(words[3], below: width - Int(w) + 1), height: Int(h), width: Int(w))
        }
        let shape = Double(width) / Double(height)
        var (w, h) = (width, height)
        if shape < ratio.lowerBound { h = max(1, Int((Double(width) / ratio.lowerBound).rounded(.toNearestOrEven))) }
        if shape > ratio.upperBound { w = max(1, Int((Double(height) * ratio.upperBound).rounded(.toNearestOrEven))) }
        return Box(top: (height - h) / 2, left: (width - w) / 2, height: h, width: w)
    }

    /// torchvision's `RandomErasing`: a box of 2 to 33 % of a square and a shape from 0.3 to 3.3; nil where none of ten
    /// fits.
    package static func erased(side: Int, draws: PictureDraws) -> Box? {
        for attempt in 1...PictureDraws.attempts {
            let words = draws.words(.erasing, attempt: attempt)
            let area = Double(side * side) * PictureDraws.uniform(words[0], in: 0.02...0.33)
            let shape = PictureDraws.ratio(words[1], in: 0.3...3.3)
            let h = Int((area * shape).squareRoot().rounded(.toNearestOrEven))
            let w = Int((area / shape).squareRoot().rounded(.toNearestOrEven))
            guard (1..<side).contains(h), (1..<side).contains(w) else { continue }
            return Box(
                top: PictureDraws.integer(words[2], below: side - h + 1),
                left: PictureDraws.integer(words[3], below: side - w + 1), height: h, width: w)
        }
        return nil
    }
}
