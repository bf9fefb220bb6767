public import Zoo

/// What a configuration changes in the preprocessing that weights come with.
public struct PreprocessingChanges: Sendable, Hashable {
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
        resize = try options.integer("resize", in: 1...8192)
        crop = try options.integer("crop", in: 1...8192)
        interpolation = try options.choice("interpolation", of: Preprocessing.Interpolation.allCases.map(\.rawValue))
            .flatMap(Preprocessing.Interpolation.init)
        mean = try Self.channels("mean", &options)
        std = try Self.channels("std", &options)
        color = try options.choice("color", of: Preprocessing.Color.allCases.map(\.rawValue))
            .flatMap(Preprocessing.Color.init)
        try options.finish()
    }

    private static func channels(_ key: String, _ options: inout Options) throws(GraftError) -> [Float]? {
        guard let list = try options.list(key) else { return nil }
        let numbers = list.compactMap { if case .number(let number) = $0 { Float(number) } else { nil } }
        guard numbers.count == 3, list.count == 3 else {
            throw options.wrong(key, .list(list), expected: "three numbers: red, green, blue")
        }
        return numbers
    }

    /// `base` with the changes. A crop alone keeps the share of the picture that is cut out.
    /// - Throws: `GraftError.invalidValue` for sizes or numbers that no picture can be prepared with.
    func applied(to base: Preprocessing) throws(GraftError) -> Preprocessing {
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
