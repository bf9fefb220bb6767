/// How a picture becomes a backbone's input: the shorter side resized, the centre cut out, values scaled to 0...1, then
/// `(value - mean) / std` per channel. Pretrained weights are right for one preprocessing only, so it travels with them.
public struct Preprocessing: Sendable, Hashable, Codable {
    /// The filters of Pillow's `resize`, with antialiasing.
    public enum Interpolation: String, Sendable, Hashable, Codable, CaseIterable {
        case bilinear, bicubic
    }

    /// What becomes of a picture whose file states colours other than sRGB, which pretrained weights have seen.
    public enum Color: String, Sendable, Hashable, Codable, CaseIterable {
        /// They are converted to sRGB.
        case srgb
        /// The values are taken as if they were sRGB, as torchvision does.
        case asIs = "as_is"
    }

    /// The shorter side after resizing, in pixels; the longer one is `Int(resize * long / short)`, as torchvision rounds.
    public var resize: Int
    /// The side of the square cut out of the centre, in pixels.
    public var crop: Int
    /// The filter of the resizing.
    public var interpolation: Interpolation
    /// Per channel (red, green, blue), in units of 0...1.
    public var mean: [Float]
    /// Per channel (red, green, blue), in units of 0...1.
    public var std: [Float]
    /// What becomes of colours other than sRGB. Written only where it is not the default, so that files that leave it out
    /// mean the same as ever.
    public var color: Color

    /// The steps; `validate` says whether they make sense.
    public init(
        resize: Int, crop: Int, interpolation: Interpolation, mean: [Float], std: [Float], color: Color = .srgb
    ) {
        self.resize = resize
        self.crop = crop
        self.interpolation = interpolation
        self.mean = mean
        self.std = std
        self.color = color
    }

    /// With the mean and deviation of ImageNet's training pictures, as torchvision states them.
    public static func imageNet(resize: Int, crop: Int, interpolation: Interpolation) -> Preprocessing {
        Preprocessing(
            resize: resize, crop: crop, interpolation: interpolation, mean: [0.485, 0.456, 0.406],
            std: [0.229, 0.224, 0.225])
    }

    /// With values from -1 to 1: mean and deviation are 0.5, as TensorFlow's networks want them.
    public static func symmetric(resize: Int, crop: Int, interpolation: Interpolation) -> Preprocessing {
        Preprocessing(
            resize: resize, crop: crop, interpolation: interpolation, mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5])
    }

    /// - Throws: `GraftError.invalidValue` for sizes or numbers that no picture can be prepared with.
    public func validate() throws(GraftError) {
        func fail(_ key: String, _ expected: String, _ found: String) -> GraftError {
            GraftError(
                .invalidValue, "impossible preprocessing", parameter: "preprocessing.\(key)", expected: expected,
                found: found)
        }
        guard (1...8192).contains(crop) else { throw fail("crop", "1 to 8192 pixels", "\(crop)") }
        guard (crop...8192).contains(resize) else { throw fail("resize", "\(crop) (crop) to 8192 pixels", "\(resize)") }
        guard mean.count == 3, mean.allSatisfy(\.isFinite) else { throw fail("mean", "3 finite numbers", "\(mean)") }
        guard std.count == 3, std.allSatisfy({ $0.isFinite && $0 > 0 }) else {
            throw fail("std", "3 positive numbers", "\(std)")
        }
    }
}

extension Preprocessing {
    private enum CodingKeys: String, CodingKey {
        case resize = "resize"
        case crop = "crop"
        case interpolation = "interpolation"
        case mean = "mean"
        case std = "std"
        case color = "color"
    }

    /// Keys as the properties are called; without `color` it is `srgb`.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            resize: try values.decode(Int.self, forKey: .resize), crop: try values.decode(Int.self, forKey: .crop),
            interpolation: try values.decode(Interpolation.self, forKey: .interpolation),
            mean: try values.decode([Float].self, forKey: .mean), std: try values.decode([Float].self, forKey: .std),
            color: try values.decodeIfPresent(Color.self, forKey: .color) ?? .srgb)
    }

    /// `color` only where it is not `srgb`.
    public func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode(resize, forKey: .resize)
        try values.encode(crop, forKey: .crop)
        try values.encode(interpolation, forKey: .interpolation)
        try values.encode(mean, forKey: .mean)
        try values.encode(std, forKey: .std)
        if color != .srgb { try values.encode(color, forKey: .color) }
    }
}
