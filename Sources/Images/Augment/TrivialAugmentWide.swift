/// One random change of random strength a picture (Müller and Hutter, "TrivialAugment", ICCV 2021, wide search space), as
/// torchvision has it.
package enum TrivialAugmentWide {
    /// Strengths of each change, from none to the strongest.
    package static let bins = 31

    package enum Kind: Int, CaseIterable {
        case identity
        case shearX, shearY, translateX, translateY, rotate
        case brightness, color, contrast, sharpness
        case posterize, solarize
        case autoContrast, equalize

        /// Whether the strength's sign is random too.
        package var isSigned: Bool {
            switch self {
            case .shearX, .shearY, .translateX, .translateY, .rotate, .brightness, .color, .contrast, .sharpness: true
            case .identity, .posterize, .solarize, .autoContrast, .equalize: false
            }
        }

        /// The strength number `bin`, 0 to 30. Computed exactly: torchvision's table is in float32, and its rounding
        /// depends on the processor.
        package func magnitude(_ bin: Int) -> Double {
            func spread(_ strongest: Double) -> Double { strongest * Double(bin) / Double(TrivialAugmentWide.bins - 1) }
            return switch self {
            case .shearX, .shearY, .brightness, .color, .contrast, .sharpness: spread(0.99)
            case .translateX, .translateY: spread(32)
            case .rotate: spread(135)
            case .posterize: 8 - spread(6).rounded(.toNearestOrEven)
            case .solarize: 255 - spread(255)
            case .identity, .autoContrast, .equalize: 0
            }
        }
    }

    package static func draw(_ draws: PictureDraws) -> (kind: Kind, magnitude: Double) {
        let words = draws.words(.policy)
        let kind = Kind.allCases[PictureDraws.integer(words[0], below: Kind.allCases.count)]
        let magnitude = kind.magnitude(PictureDraws.integer(words[1], below: bins))
        return (kind, kind.isSigned && words[2] & 1 == 1 ? -magnitude : magnitude)
    }
}

extension Picture {
    func changed(_ kind: TrivialAugmentWide.Kind, _ magnitude: Double, _ warping: Warping) -> Picture {
        switch kind {
        case .identity: self
        case .shearX: shearedHorizontally(by: magnitude, warping)
        case .shearY: shearedVertically(by: magnitude, warping)
        case .translateX: shifted(right: Int(magnitude), down: 0)
        case .translateY: shifted(right: 0, down: Int(magnitude))
        case .rotate: rotated(degrees: magnitude, warping)
        case .brightness: withBrightness(1 + magnitude)
        case .color: withSaturation(1 + magnitude)
        case .contrast: withContrast(1 + magnitude)
        case .sharpness: withSharpness(1 + magnitude)
        case .posterize: posterized(bits: Int(magnitude))
        case .solarize: solarized(threshold: magnitude)
        case .autoContrast: withAutomaticContrast()
        case .equalize: equalized()
        }
    }
}
