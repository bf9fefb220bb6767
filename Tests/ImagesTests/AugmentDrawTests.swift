import Images
import TestSupport
import Testing
import Zoo

/// What is drawn: from where to where, how often, and from nothing but seed, epoch and index.
@Suite struct AugmentDrawTests {
    private func draws(_ count: Int) -> [PictureDraws] {
        (0..<count).map { PictureDraws(seed: 9, epoch: $0 / 100, index: $0 % 100) }
    }

    private func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(values.count) }

    @Test func boxes() {
        let boxes = draws(20_000).map {
            Box.crop(width: 500, height: 400, scale: 0.25...0.5, ratio: 0.8...1.25, draws: $0)
        }
        let shares = boxes.map { Double($0.width * $0.height) / 200_000 }
        let shapes = boxes.map { Double($0.width) / Double($0.height) }
        #expect(shares.allSatisfy { (0.247...0.503).contains($0) })
        #expect(shapes.allSatisfy { (0.79...1.265).contains($0) })
        // Every one of these boxes fits, so nothing is drawn twice: uniform, and symmetric in the logarithm.
        #expect(abs(mean(shares) - 0.375) < 0.002)
        let wide = Double(shapes.count { $0 > 1 }) / 20_000
        #expect(abs(wide - 0.5) < 0.015)
        #expect(boxes.allSatisfy { $0.top >= 0 && $0.top + $0.height <= 400 })
        #expect(boxes.allSatisfy { $0.left >= 0 && $0.left + $0.width <= 500 })
        #expect(abs(mean(boxes.map { Double($0.top) / Double(400 - $0.height) }) - 0.5) < 0.01)
        #expect(abs(mean(boxes.map { Double($0.left) / Double(500 - $0.width) }) - 0.5) < 0.01)
        #expect(boxes.contains { $0.top == 400 - $0.height })
        #expect(boxes.contains { $0.top == 0 })
    }

    @Test(arguments: [
        (1000, 10, Box(top: 0, left: 493, height: 10, width: 13)),
        (10, 1000, Box(top: 493, left: 0, height: 13, width: 10)),
        (1, 1, Box(top: 0, left: 0, height: 1, width: 1)),
    ])
    func boxesThatDoNotFit(_ width: Int, _ height: Int, _ expected: Box) {
        let box = Box.crop(
            width: width, height: height, scale: 0.9...1, ratio: 3.0 / 4...4.0 / 3,
            draws: PictureDraws(seed: 1, epoch: 1, index: 1))
        #expect(box == expected)
    }

    @Test func holes() {
        let holes = draws(20_000).compactMap { Box.erased(side: 100, draws: $0) }
        #expect(holes.count > 19_900)
        let shares = holes.map { Double($0.width * $0.height) / 10_000 }
        #expect(shares.allSatisfy { (0.015...0.345).contains($0) })
        #expect(abs(mean(shares) - 0.175) < 0.003)
        #expect(holes.allSatisfy { $0.top >= 0 && $0.top + $0.height <= 100 && $0.height < 100 })
        #expect(holes.allSatisfy { $0.left >= 0 && $0.left + $0.width <= 100 && $0.width < 100 })
        #expect(Box.erased(side: 1, draws: PictureDraws(seed: 1, epoch: 1, index: 1)) == nil)
    }

    @Test func jitter() {
        var jitter = ColorJitter()
        (jitter.brightness, jitter.contrast, jitter.saturation, jitter.hue) = (0.5, 2, 0.25, 0.1)
        var amounts: [[Double]] = [[], [], [], []]
        var first = [0, 0, 0, 0]
        for draw in draws(20_000) {
            let changes = jitter.draw(draw)
            #expect(changes.count == 4)
            for (place, change) in changes.enumerated() {
                let (number, amount): (Int, Double) =
                    switch change {
                    case .brightness(let factor): (0, factor)
                    case .contrast(let factor): (1, factor)
                    case .saturation(let factor): (2, factor)
                    case .hue(let share): (3, share)
                    }
                amounts[number].append(amount)
                if place == 0 { first[number] += 1 }
            }
        }
        let ranges = [0.5...1.5, 0...3, 0.75...1.25, -0.1...0.1]
        for (values, range) in zip(amounts, ranges) {
            let width = range.upperBound - range.lowerBound
            #expect(values.allSatisfy { range.contains($0) })
            #expect(abs(mean(values) - (range.lowerBound + range.upperBound) / 2) < 0.01 * width)
            #expect(values.max().map { $0 > range.upperBound - 0.01 * width } == true)
            #expect(values.min().map { $0 < range.lowerBound + 0.01 * width } == true)
        }
        #expect(first.allSatisfy { abs(Double($0) / 20_000 - 0.25) < 0.015 })
    }

    @Test func switchingOneOnLeavesTheOthers() {
        var all = ColorJitter()
        (all.brightness, all.contrast, all.saturation, all.hue) = (0.5, 0.5, 0.5, 0.5)
        var two = ColorJitter()
        (two.brightness, two.saturation) = (0.5, 0.5)
        for draw in draws(100) {
            let kept = all.draw(draw).filter {
                switch $0 {
                case .brightness, .saturation: true
                case .contrast, .hue: false
                }
            }
            #expect(two.draw(draw) == kept)
        }
    }

    @Test func trivialAugment() {
        var kinds: [TrivialAugmentWide.Kind: Int] = [:]
        var magnitudes: [TrivialAugmentWide.Kind: Set<Double>] = [:]
        for draw in draws(40_000) {
            let (kind, magnitude) = TrivialAugmentWide.draw(draw)
            kinds[kind, default: 0] += 1
            magnitudes[kind, default: []].insert(magnitude)
        }
        #expect(kinds.count == 14)
        #expect(kinds.values.allSatisfy { abs(Double($0) / 40_000 - 1.0 / 14) < 0.006 })
        // 31 strengths, both signs of all but zero where it is signed; posterize has 7 different ones.
        for (kind, found) in magnitudes {
            let expected = Set((0..<31).map(kind.magnitude))
            #expect(found == (kind.isSigned ? expected.union(expected.map { -$0 }) : expected), "\(kind)")
        }
    }

    @Test func probabilities() {
        let all = draws(20_000)
        for probability in [0.1, 0.5] {
            for place in [PictureDraws.Place.flip, .verticalFlip, .erasing] {
                let share = Double(all.count { $0.happens(place, probability) }) / 20_000
                #expect(abs(share - probability) < 0.015, "\(place)")
            }
        }
        #expect(all.allSatisfy { !$0.happens(.flip, 0) && $0.happens(.flip, 1) })
        let both = Double(all.count { $0.happens(.flip, 0.5) && $0.happens(.verticalFlip, 0.5) }) / 20_000
        #expect(abs(both - 0.25) < 0.015)
    }

    /// The same numbers for the same place only.
    @Test func seedEpochAndIndexDecide() throws {
        let source = try fixture("resizing/257x301.png")
        let preprocessing = Preprocessing.imageNet(resize: 36, crop: 32, interpolation: .bilinear)
        func picture(_ seed: UInt64, _ epoch: Int, _ index: Int) throws -> Picture {
            try Augmentation.strong.picture(
                source, preprocessing: preprocessing, seed: seed, epoch: epoch, index: index)
        }
        let places: [(UInt64, Int, Int)] = [(1, 1, 1), (2, 1, 1), (1, 2, 1), (1, 1, 2), (1, 1, 1 << 32 + 1)]
        let pictures = try places.map { try picture($0.0, $0.1, $0.2) }
        #expect(try places.reversed().map { try picture($0.0, $0.1, $0.2) } == pictures.reversed())
        #expect(Set(pictures).count == places.count)
    }
}
