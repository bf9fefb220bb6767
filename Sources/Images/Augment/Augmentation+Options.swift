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

    /// Reads the keys of the table below; what is absent is as in the preset.
    /// - Throws: `GraftError` with the path of the key that is wrong.
    public init(options: inout Options) throws(GraftError) {
        self.init()
        try read(&options)
        try options.finish()
        guard policy == nil || jitter.isEmpty else {
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

extension Augmentation: SettingsTable {
    package static let keys: [SettingKey<Augmentation>] = [
        SettingKey(
            "preset", standard: "`none`",
            "what the other keys start from: `light` (60 to 100 % of the picture, mirrored or not), `strong` (torchvision's "
                + "recipe: any part of it, mirrored or not, `trivial_augment_wide`, erasing 0.1), or `none`"
        ) { (options, settings) throws(GraftError) in
            let name = try options.choice("preset", of: presets.keys.sorted())
            settings = name.flatMap { presets[$0] } ?? settings
        },
        SettingKey(
            "crop", standard: "`false`",
            "`true` cuts out a random part and resizes it, in place of the centre; a map does so with other limits",
            inner: [
                KeyDescription(
                    path: "scale", standard: "`[0.08, 1]`",
                    meaning: "the least and greatest share of the picture's area"),
                KeyDescription(
                    path: "ratio", standard: "`[0.75, 1.3333]`",
                    meaning: "the least and greatest width of the part, divided by its height"),
            ]
        ) { (options, settings) throws(GraftError) in
            settings.crop = try readCrop(&options, preset: settings.crop)
        },
        .number("flip", \.flip, in: 0...1, "the probability of exchanging left and right"),
        .number("vertical_flip", \.verticalFlip, in: 0...1, "the probability of exchanging top and bottom"),
        .number(
            "rotation", \.rotation, in: 0...180,
            "turned by at most this many degrees either way, 0 to 180; black comes in at the corners"),
        .map("jitter", \.jitter),
        SettingKey(
            "policy", standard: "`none`",
            "`trivial_augment_wide`: one of 14 changes at one of 31 strengths (arXiv:2103.10158)"
        ) { (options, settings) throws(GraftError) in
            switch try options.choice("policy", of: ["none"] + Policy.allCases.map(\.rawValue)) {
            case nil: break
            case "none"?: settings.policy = nil
            case let name?: settings.policy = Policy(rawValue: name)
            }
        },
        .number(
            "erasing", \.erasing, in: 0...1,
            "the probability of a hole of 2 to 33 % of the picture, in the mean colour"),
        .choice(
            "interpolation", \.warping, "how turned and sheared pictures are made: `bilinear` or `nearest`"),
    ]
}

extension ColorJitter: SettingsTable {
    package static let keys: [SettingKey<ColorJitter>] = [
        .number(
            "brightness", \.brightness, in: 0...10,
            "multiplied by a number from 1 - x to 1 + x; no jitter together with a policy"),
        .number("contrast", \.contrast, in: 0...10, "the same of the distance from the mean"),
        .number("saturation", \.saturation, in: 0...10, "the same of the distance from grey"),
        .number("hue", \.hue, in: 0...0.5, "turned by at most this share of the colour circle, 0 to 0.5"),
    ]
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
