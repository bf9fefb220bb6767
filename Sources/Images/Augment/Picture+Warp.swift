import CImage

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Cutting, turning, shearing and shifting, to the bit as torchvision does it on Pillow's pictures. What comes into the
/// picture from outside is black.
extension Picture {
    /// How a turned picture's pixels are made from those around the place that they come from.
    public enum Warping: String, Sendable, Hashable, CaseIterable {
        case nearest, bilinear
    }

    /// A part of the picture. The box must lie inside.
    package func cropped(to box: Box) -> Picture {
        precondition(
            box.top >= 0 && box.left >= 0 && box.height > 0 && box.width > 0 && box.top + box.height <= height
                && box.left + box.width <= width, "the box is outside the picture")
        guard box.height < height || box.width < width else { return self }
        var part: [UInt8] = []
        part.reserveCapacity(box.height * box.width * 3)
        for row in box.top..<(box.top + box.height) {
            let start = (row * width + box.left) * 3
            part.append(contentsOf: pixels[start..<(start + box.width * 3)])
        }
        return Picture(checkedWidth: box.width, height: box.height, pixels: part)
    }

    /// Left and right exchanged.
    package func mirrored() -> Picture { oriented(.mirroredHorizontally) }

    /// Top and bottom exchanged.
    package func upsideDown() -> Picture { oriented(.mirroredVertically) }

    /// Turned anticlockwise about the centre, in the same frame: Pillow's `rotate`.
    package func rotated(degrees: Double, _ warping: Warping) -> Picture {
        // Python's modulo: never negative.
        var turn = degrees.truncatingRemainder(dividingBy: 360)
        if turn < 0 { turn += 360 }
        let angle = -turn * (.pi / 180)
        // Rounded, so that a quarter turn has true zeros.
        let (cosine, sine, minusSine) = (rounded15(cos(angle)), rounded15(sin(angle)), rounded15(-sin(angle)))
        let (x, y) = (Double(width) / 2, Double(height) / 2)
        return warped(
            [
                cosine, sine, cosine * -x + sine * -y + x,
                minusSine, cosine, minusSine * -x + cosine * -y + y,
            ], warping)
    }

    /// Rows shifted in proportion to their distance from the top: torchvision's `affine` about the corner (0, 0).
    package func shearedHorizontally(by share: Double, _ warping: Warping) -> Picture {
        warped([1, tan(atan(share)), 0, 0, 1, 0], warping)
    }

    /// Columns shifted in proportion to their distance from the left.
    package func shearedVertically(by share: Double, _ warping: Warping) -> Picture {
        let angle = atan(share)
        return warped([1, 0, 0, sin(angle) / cos(angle), 1, 0], warping)
    }

    /// Shifted by whole pixels, to the right and down.
    package func shifted(right: Int, down: Int) -> Picture {
        warped([1, 0, Double(-right), 0, 1, Double(-down)], .nearest)
    }

    /// Pixel (x, y) is taken from `matrix * (x, y, 1)`.
    private func warped(_ matrix: [Double], _ warping: Warping) -> Picture {
        let black: [UInt8] = [0, 0, 0]
        return replacingPixels { target in
            switch warping {
            case .nearest: graft_image_warp_nearest(pixels, width, height, matrix, black, target)
            case .bilinear: graft_image_warp_bilinear(pixels, width, height, matrix, black, target)
            }
        }
    }
}

/// Rounded to 15 decimals, correctly as Python's `round` does it.
private func rounded15(_ value: Double) -> Double {
    let product = value * 1e15
    let lost = (-product).addingProduct(value, 1e15)
    let whole = product.rounded(.toNearestOrEven)
    let rest = product - whole + lost
    return (rest > 0.5 ? whole + 1 : rest < -0.5 ? whole - 1 : whole) / 1e15
}
