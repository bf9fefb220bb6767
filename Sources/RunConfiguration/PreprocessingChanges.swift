public import Zoo

/// What a configuration changes in the preprocessing that weights come with.
public struct PreprocessingChanges: SettingsTable, Sendable, Hashable {
    /// See `Preprocessing`; nil where nothing changes.
    public var resize: Int?
    /// See `Preprocessing`.
    public var crop: Int?
    /// See `Preprocessing`.
    public var interpolation: Preprocessing.Interpolation?
    /// See `Preprocessing`.
    public var mean: [Float]?
    /// See `Preprocessing`.
    public var std: [Float]?
    /// See `Preprocessing`.
    public var color: Preprocessing.Color?

    /// No changes.
    public init() {}

    init(options: inout Options) throws(GraftError) {
        self.init()
        try read(&options)
        try options.finish()
    }

    package static let keys: [SettingKey<PreprocessingChanges>] = [
        .wholeNumber("resize", \.resize, in: 1...8192, "the shorter side after resizing, in pixels, at least the crop"),
        .wholeNumber(
            "crop", \.crop, in: 1...8192,
            "the side of the square cut out of the centre; alone, it scales `resize` along"),
        .choice("interpolation", \.interpolation, standard: own, "`bilinear` or `bicubic`, with antialiasing"),
        .colour("mean", \.mean, "three numbers, red, green, blue, in units of 0 to 1"),
        .colour("std", \.std, "what is divided by after the mean is taken off: three numbers of the same kind"),
        .choice(
            "color", \.color, standard: "`srgb`",
            "`srgb` or `as_is`: see [Colours](#colours)"),
    ]

    fileprivate static let own = "the weights' own"

    fileprivate static func channels(_ key: String, _ options: inout Options) throws(GraftError) -> [Float]? {
        guard let list = try options.list(key) else { return nil }
        let numbers = list.compactMap { if case .number(let number) = $0 { Float(number) } else { nil } }
        guard numbers.count == 3, list.count == 3 else {
            throw options.wrong(key, .list(list), expected: "three numbers: red, green, blue")
        }
        return numbers
    }

    /// `base` with the changes. A crop alone keeps the share of the picture that is cut out.
    /// - Throws: `GraftError.invalidValue` for sizes or numbers that no picture can be prepared with.
    package func applied(to base: Preprocessing) throws(GraftError) -> Preprocessing {
        var result = base
        if let crop {
            result.crop = crop
            result.resize = max(crop, Int((Double(base.resize) * Double(crop) / Double(base.crop)).rounded()))
        }
        result.resize = resize ?? result.resize
        result.interpolation = interpolation ?? result.interpolation
        result.mean = mean ?? result.mean
        result.std = std ?? result.std
        result.color = color ?? result.color
        try result.validate()
        return result
    }
}

extension SettingKey<PreprocessingChanges> {
    fileprivate static func wholeNumber(
        _ name: String, _ path: any WritableKeyPath<Settings, Int?> & Sendable, in range: ClosedRange<Int>,
        _ meaning: String
    ) -> SettingKey {
        SettingKey(name, standard: PreprocessingChanges.own, meaning) { (options, settings) throws(GraftError) in
            settings[keyPath: path] = try options.integer(name, in: range)
        }
    }

    fileprivate static func colour(
        _ name: String, _ path: any WritableKeyPath<Settings, [Float]?> & Sendable, _ meaning: String
    ) -> SettingKey {
        SettingKey(name, standard: PreprocessingChanges.own, meaning) { (options, settings) throws(GraftError) in
            settings[keyPath: path] = try PreprocessingChanges.channels(name, &options)
        }
    }
}
