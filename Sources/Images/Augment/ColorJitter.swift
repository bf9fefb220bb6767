import Zoo

/// Random changes of colour in random order: torchvision's `ColorJitter`.
public struct ColorJitter: Sendable, Hashable {
    /// Brightness is multiplied by a number from `1 - brightness` (at least 0) to `1 + brightness`.
    public var brightness = 0.0
    /// The same for contrast.
    public var contrast = 0.0
    /// The same for saturation.
    public var saturation = 0.0
    /// The hue is turned by at most this share of the colour circle, 0 to 0.5.
    public var hue = 0.0

    /// Nothing changes.
    public init() {}

    var isEmpty: Bool { self == ColorJitter() }

    /// One change and its amount.
    package enum Change: Hashable {
        case brightness(Double)
        case contrast(Double)
        case saturation(Double)
        case hue(Double)
    }

    /// Those changes that are not switched off, in the order in which they are to be made.
    package func draw(_ draws: PictureDraws) -> [Change] {
        let words = draws.words(.jitter)
        func factor(_ word: UInt32, _ width: Double) -> Double {
            PictureDraws.uniform(word, in: max(0, 1 - width)...(1 + width))
        }
        let changes: [Change?] = [
            brightness > 0 ? .brightness(factor(words[0], brightness)) : nil,
            contrast > 0 ? .contrast(factor(words[1], contrast)) : nil,
            saturation > 0 ? .saturation(factor(words[2], saturation)) : nil,
            hue > 0 ? .hue(PictureDraws.uniform(words[3], in: -hue...hue)) : nil,
        ]
        // The order of all four, so that switching one on leaves that of the others.
        let order = draws.words(.jitterOrder)
        return (0..<4).sorted { (order[$0], $0) < (order[$1], $1) }.compactMap { changes[$0] }
    }
}

extension Picture {
    func changed(_ change: ColorJitter.Change) -> Picture {
        switch change {
        case .brightness(let factor): withBrightness(factor)
        case .contrast(let factor): withContrast(factor)
        case .saturation(let factor): withSaturation(factor)
        case .hue(let share): withHueTurned(by: share)
        }
    }
}
