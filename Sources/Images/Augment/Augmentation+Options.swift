public import Zoo

extension Augmentation {
    private static let presets = ["none": Augmentation(), "light": .light, "strong": .strong]

    /// Reads `key` of `options`: the name of a preset, or a map of the keys below it. Nothing random where it is absent.
    /// - Throws: `GraftError` with the path of the key that is wrong.
    public init(options: inout Options, key: String) throws(GraftError) {
        switch options.value(key) {
        case nil, .bool(false): self.init()
        case .string:
            let name = try options.choice(key, of: Augmentation.presets.keys.sorted())
            self = name.flatMap { Augmentation.presets[$0] } ?? Augmentation()
        case .map:
            var map = try options.options(key)
            try self.init(options: &map)
        case .some(let value):
            throw options.wrong(key, value, expected: "none, light, strong or a map of transforms")
        }
    }

    /// Reads the keys `preset`, `crop`, `flip`, `vertical_flip`, `rotation`, `jitter`, `policy`, `erasing` and
    /// `interpolation`; what is absent is as in the preset.
    /// - Throws: `GraftError` with the path of the key that is wrong.
    public init(options: inout Options) throws(GraftError) {
        let name = try options.choice("preset", of: Augmentation.presets.keys.sorted())
        self = name.flatMap { Augmentation.presets[$0] } ?? Augmentation()
        crop = try Self.readCrop(&options, preset: crop)
        flip = try options.number("flip", in: 0...1) ?? flip
        verticalFlip = try options.number("vertical_flip", in: 0...1) ?? verticalFlip
        rotation = try options.number("rotation", in: 0...180) ?? rotation
        var jitter = try options.options("jitter")
        try self.jitter.read(&jitter)
        switch try options.choice("policy", of: ["none"] + Policy.allCases.map(\.rawValue)) {
        case nil: break
        case "none"?: policy = nil
        case let name?: policy = Policy(rawValue: name)
        }
        erasing = try options.number("erasing", in: 0...1) ?? erasing
        if let name = try options.choice("interpolation", of: Picture.Warping.allCases.map(\.rawValue)) {
            warping = Picture.Warping(rawValue: name) ?? warping
        }
        try options.finish()
        guard policy == nil || self.jitter.isEmpty else {
            throw GraftError(
                .invalidValue, "a policy changes colours itself", parameter: options.path(of: "jitter"),
                remedy: "leave out jitter, or set \(options.path(of: "policy")): none")
        }
    }

    private static func readCrop(_ options: inout Options, preset: Crop?) throws(GraftError) -> Crop? {
        switch options.value("crop") {
        case nil: return preset
        case .bool(let isOn): return isOn ? preset ?? Crop() : nil
        case .map(let map):
            var result = preset ?? Crop()
            var crop = Options(map, path: options.path(of: "crop"))
            result.scale = try crop.range("scale", in: 0.0001...1) ?? result.scale
            result.ratio = try crop.range("ratio", in: 0.01...100) ?? result.ratio
            try crop.finish()
            return result
        case .some(let value):
            throw options.wrong("crop", value, expected: "true, false or a map with scale and ratio")
        }
    }
}

extension ColorJitter {
    fileprivate mutating func read(_ options: inout Options) throws(GraftError) {
        brightness = try options.number("brightness", in: 0...10) ?? brightness
        contrast = try options.number("contrast", in: 0...10) ?? contrast
        saturation = try options.number("saturation", in: 0...10) ?? saturation
        hue = try options.number("hue", in: 0...0.5) ?? hue
        try options.finish()
    }
}

extension Options {
    /// Two numbers, the lower one first, inside `limits`.
    fileprivate mutating func range(
        _ key: String, in limits: ClosedRange<Double>
    ) throws(GraftError) -> ClosedRange<Double>? {
        guard let list = try list(key) else { return nil }
        let numbers = list.compactMap { if case .number(let number) = $0 { number } else { nil } }
        guard numbers.count == 2, list.count == 2, limits.contains(numbers[0]), limits.contains(numbers[1]),
            numbers[0] <= numbers[1]
        else {
            let (low, high) = (OptionValue.number(limits.lowerBound), OptionValue.number(limits.upperBound))
            throw wrong(key, .list(list), expected: "two numbers from \(low) to \(high), the lower one first")
        }
        return numbers[0]...numbers[1]
    }
}
