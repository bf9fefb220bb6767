package import Zoo

extension Augmentation {
    /// The picture as the network sees it in that epoch, written in place: `[crop, crop, 3]`, normalised. Which numbers
    /// are drawn depends on `seed`, `epoch` and `index` only.
    ///
    /// - Throws: `GraftError.invalidValue` as `Preprocessing.write` does.
    package func write(
        _ picture: Picture, preprocessing: Preprocessing, seed: UInt64, epoch: Int, index: Int,
        into target: UnsafeMutableBufferPointer<Float>
    ) throws(GraftError) {
        let draws = PictureDraws(seed: seed, epoch: epoch, index: index)
        let side = preprocessing.crop
        try preprocessing.normalize(try changed(picture, preprocessing, draws), into: target)
        guard let hole = erasedBox(side, draws) else { return }
        for row in hole.top..<(hole.top + hole.height) {
            let start = (row * side + hole.left) * 3
            // Zero is the mean colour.
            target[start..<(start + hole.width * 3)].update(repeating: 0)
        }
    }

    /// The same before its values are scaled, for a person to look at.
    ///
    /// - Throws: `GraftError.invalidValue` as `Preprocessing.crop` does.
    package func picture(
        _ picture: Picture, preprocessing: Preprocessing, seed: UInt64, epoch: Int, index: Int
    ) throws(GraftError) -> Picture {
        let draws = PictureDraws(seed: seed, epoch: epoch, index: index)
        let changed = try changed(picture, preprocessing, draws)
        guard let hole = erasedBox(preprocessing.crop, draws) else { return changed }
        let mean = preprocessing.mean.map { UInt8(max(0, min(255, ($0 * 255).rounded()))) }
        var pixels = changed.pixels
        for row in hole.top..<(hole.top + hole.height) {
            for column in hole.left..<(hole.left + hole.width) {
                let start = (row * changed.width + column) * 3
                pixels.replaceSubrange(start..<(start + 3), with: mean)
            }
        }
        return Picture(checkedWidth: changed.width, height: changed.height, pixels: pixels)
    }

    /// Everything but the normalising and the hole: `[crop, crop, 3]`.
    private func changed(
        _ picture: Picture, _ preprocessing: Preprocessing, _ draws: PictureDraws
    ) throws(GraftError) -> Picture {
        try check()
        try preprocessing.check()
        var result: Picture
        if let crop {
            let box = Box.crop(
                width: picture.width, height: picture.height, scale: crop.scale, ratio: crop.ratio, draws: draws)
            result = try picture.cropped(to: box).resized(
                width: preprocessing.crop, height: preprocessing.crop, interpolation: preprocessing.interpolation)
        } else {
            result = try preprocessing.crop(of: picture)
        }
        if draws.happens(.flip, flip) { result = result.mirrored() }
        if draws.happens(.verticalFlip, verticalFlip) { result = result.upsideDown() }
        if rotation > 0 {
            let degrees = PictureDraws.uniform(draws.words(.rotation)[0], in: -rotation...rotation)
            result = result.rotated(degrees: degrees, warping)
        }
        switch policy {
        case .trivialAugmentWide?:
            let (kind, magnitude) = TrivialAugmentWide.draw(draws)
            result = result.changed(kind, magnitude, warping)
        case nil:
            for change in jitter.draw(draws) { result = result.changed(change) }
        }
        return result
    }

    /// Refuses what no configuration could say, for values made in code.
    private func check() throws(GraftError) {
        func require(_ isRight: Bool, _ key: String, _ expected: String) throws(GraftError) {
            guard isRight else {
                throw GraftError(
                    .invalidValue, "impossible augmentation", parameter: "data.augment.\(key)", expected: expected)
            }
        }
        if let crop {
            try require(crop.scale.lowerBound >= 0 && crop.scale.upperBound <= 1, "crop.scale", "0 to 1")
            try require(
                crop.ratio.lowerBound > 0 && crop.ratio.upperBound.isFinite, "crop.ratio", "finite numbers above 0")
        }
        try require((0...180).contains(rotation), "rotation", "0 to 180")
        try require((0...0.5).contains(jitter.hue), "jitter.hue", "0 to 0.5")
        for (key, value) in [
            ("brightness", jitter.brightness), ("contrast", jitter.contrast), ("saturation", jitter.saturation),
        ] {
            try require(value >= 0 && value.isFinite, "jitter.\(key)", "a finite number of at least 0")
        }
    }

    private func erasedBox(_ side: Int, _ draws: PictureDraws) -> Box? {
        draws.happens(.erasing, erasing) ? Box.erased(side: side, draws: draws) : nil
    }
}
