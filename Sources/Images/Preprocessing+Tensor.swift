import CImage
public import Zoo

extension Preprocessing {
    /// The picture as a backbone wants it: `[1, crop, crop, 3]`, to the bit what torchvision's `Resize`, `CenterCrop`,
    /// `ToTensor` and `Normalize` make of a Pillow image.
    ///
    /// - Throws: `GraftError.invalidValue` for sizes or numbers that no picture can be prepared with.
    public func tensor(of picture: Picture) throws(GraftError) -> Tensor {
        normalized(try crop(of: picture))
    }

    /// What `crop(of:)` gives as a network reads it: `[1, H, W, 3]`.
    package func normalized(_ picture: Picture) -> Tensor {
        var tensor = Tensor(shape: [1, picture.height, picture.width, 3])
        tensor.withElements { elements in
            elements.withUnsafeMutableBufferPointer { scale(picture, into: $0) }
        }
        return tensor
    }

    /// The values of `tensor(of:)`, written in place: one row of a batch.
    ///
    /// - Parameter target: `[crop, crop, 3]`.
    /// - Throws: `GraftError.invalidValue` for a target of another size, or as `tensor(of:)` does.
    package func write(_ picture: Picture, into target: UnsafeMutableBufferPointer<Float>) throws(GraftError) {
        try normalize(try crop(of: picture), into: target)
    }

    /// The picture resized and cut, before its values are scaled: `[crop, crop, 3]`. What the network sees, for a
    /// person to look at.
    ///
    /// - Throws: `GraftError.invalidValue` for sizes or numbers that no picture can be prepared with.
    public func crop(of picture: Picture) throws(GraftError) -> Picture {
        try check()
        let short = min(picture.width, picture.height)
        func axis(_ side: Int) -> ResamplingAxis {
            let output = side == short ? resize : resize * side / short
            // Half of an odd margin rounds to the even number, as Python's `round` does.
            let start = Int((Double(output - crop) / 2).rounded(.toNearestOrEven))
            return ResamplingAxis(input: side, output: output, range: start..<(start + crop), filter: interpolation)
        }
        return picture.resized(axis(picture.width), axis(picture.height))
    }

    /// - Throws: `GraftError.invalidValue` for what `validate` refuses.
    func check() throws(GraftError) {
        do {
            try validate()
        } catch {
            throw GraftError(
                .invalidValue, error.message, parameter: error.context.parameter, expected: error.context.expected,
                found: error.context.found)
        }
    }

    /// Scales the values of a picture of the crop's size.
    func normalize(_ picture: Picture, into target: UnsafeMutableBufferPointer<Float>) throws(GraftError) {
        guard target.count == picture.pixels.count else {
            throw GraftError(
                .invalidValue, "the memory does not fit the prepared picture",
                expected: "\(crop)x\(crop)x3 values", found: "\(target.count)")
        }
        scale(picture, into: target)
    }

    private func scale(_ picture: Picture, into target: UnsafeMutableBufferPointer<Float>) {
        // torchvision's order of operations, each rounded to float32.
        let table = (0..<3).flatMap { channel in
            (0...255).map { (Float($0) / 255 - mean[channel]) / std[channel] }
        }
        graft_image_look_up(picture.pixels, picture.width * picture.height, table, target.baseAddress)
    }
}
