public import Zoo

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// How the learning rate changes over a run.
///
/// Warm-up and cosine change it every step, `step` after whole epochs (counted from the end of the warm-up, as PyTorch's
/// `SequentialLR` does).
public struct ScheduleSettings: SettingsTable, Sendable, Hashable {
    /// The curves that are known.
    public enum Kind: String, Sendable, Hashable, CaseIterable {
        case constant
        /// Times `gamma` every `stepSize` epochs (`StepLR`).
        case step
        /// Half a cosine down to `minimum` (arXiv:1608.03983 without restarts, `CosineAnnealingLR`).
        case cosine
    }

    /// The curve after the warm-up.
    public var kind = Kind.constant
    /// Epochs, not necessarily whole, in which the rate rises linearly: `rate * (step + 1) / warm-up steps`.
    public var warmupEpochs = 0.0
    /// Epochs between two drops of `step`.
    public var stepSize = 10
    /// The factor of a drop.
    public var gamma = 0.1
    /// Where `cosine` ends.
    public var minimum = 0.0

    /// A constant rate.
    public init() {}

    /// Reads `kind` and `warmup_epochs`, then the keys of the kind: `step_size` and `gamma`, or `minimum`.
    /// - Throws: `GraftError` with the path of the key that is wrong.
    init(options: inout Options, epochs: Int, learningRate: Double) throws(GraftError) {
        try read(&options)
        try options.finish()
        for (key, value, limit) in [
            ("warmup_epochs", warmupEpochs, Double(epochs)), ("minimum", minimum, learningRate),
        ] where value > limit {
            throw options.wrong(key, .number(value), expected: Options.expected(0...limit))
        }
    }

    package static let keys: [SettingKey<ScheduleSettings>] = [
        .choice("kind", \.kind, "`constant`, `step` or `cosine`"),
        .number(
            "warmup_epochs", \.warmupEpochs, in: 0...100_000,
            "epochs, not necessarily whole, in which the rate rises linearly"),
        .integer("step_size", \.stepSize, in: 1...100_000, "`step`: epochs between two drops").of(.step),
        .number("gamma", \.gamma, in: 0...1, "`step`: the factor of a drop").of(.step),
        .number("minimum", \.minimum, in: 0...1000, "`cosine`: the rate at the end").of(.cosine),
    ]

    /// The learning rate of one step.
    /// - Parameters:
    ///   - base: the optimiser's learning rate.
    ///   - step: counted from 0 over the whole run.
    public func learningRate(base: Double, step: Int, stepsPerEpoch: Int, epochs: Int) -> Double {
        let warmup = Int((warmupEpochs * Double(stepsPerEpoch)).rounded())
        if step < warmup { return base * Double(step + 1) / Double(warmup) }
        let after = step - warmup
        switch kind {
        case .constant:
            return base
        case .step:
            return base * pow(gamma, Double(after / max(1, stepsPerEpoch) / stepSize))
        case .cosine:
            let length = max(1, stepsPerEpoch * epochs - warmup)
            return minimum + (base - minimum) * (1 + cos(.pi * Double(min(after, length)) / Double(length))) / 2
        }
    }
}

extension SettingKey<ScheduleSettings> {
    /// A key that one kind has, and the others do not know.
    fileprivate func of(_ kind: ScheduleSettings.Kind) -> SettingKey {
        SettingKey(name, standard: standard, meaning) { settings in
            settings.kind == kind ? problem(settings) : nil
        } read: { (options, settings) throws(GraftError) in
            if settings.kind == kind { try read(&options, &settings) }
        }
    }
}
