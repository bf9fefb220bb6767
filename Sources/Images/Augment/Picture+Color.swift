import CImage

/// Changes of colour, to the bit as torchvision makes them on Pillow's pictures.
extension Picture {
    /// Pillow's `ImageEnhance.Brightness`: 0 is black, 1 the picture itself.
    package func withBrightness(_ factor: Double) -> Picture { blended(from: 0, factor) }

    /// Pillow's `ImageEnhance.Contrast`: 0 is the mean gray, 1 the picture itself.
    package func withContrast(_ factor: Double) -> Picture {
        let mean = Double(graft_image_luma_sum(pixels, width * height)) / Double(width * height)
        return blended(from: UInt8(mean + 0.5), factor)
    }

    /// Pillow's `ImageEnhance.Color`: 0 is gray, 1 the picture itself.
    package func withSaturation(_ factor: Double) -> Picture {
        replacingPixels { graft_image_saturate(pixels, width * height, Float(factor), $0) }
    }

    /// torchvision's `adjust_hue`: -0.5 to 0.5 of the colour circle.
    package func withHueTurned(by share: Double) -> Picture {
        let shift = UInt8(truncatingIfNeeded: Int(max(-0.5, min(0.5, share)) * 255))
        return replacingPixels { graft_image_turn_hue(pixels, width * height, shift, $0) }
    }

    /// Pillow's `ImageEnhance.Sharpness`: 0 is smoothed, 1 the picture itself.
    package func withSharpness(_ factor: Double) -> Picture {
        replacingPixels { graft_image_sharpen(pixels, width, height, Float(factor), $0) }
    }

    private func blended(from base: UInt8, _ factor: Double) -> Picture {
        let table = (0...255).map { graft_image_blend(base, UInt8($0), Float(factor)) }
        return mapped(table + table + table)
    }

    /// Every value replaced by what a table says. `table`: `[3, 256]`.
    func mapped(_ table: [UInt8]) -> Picture {
        replacingPixels { graft_image_map(pixels, width * height, table, $0) }
    }

    /// A picture of the same size.
    func replacingPixels(_ fill: (UnsafeMutablePointer<UInt8>?) -> Void) -> Picture {
        let new = [UInt8](unsafeUninitializedCapacity: pixels.count) { buffer, count in
            fill(buffer.baseAddress)
            count = pixels.count
        }
        return Picture(checkedWidth: width, height: height, pixels: new)
    }
}
