import Zoo

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
public struct ScheduleSettings: Sendable, Hashable {
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
        kind = try options.choice("kind", of: Kind.allCases.map(\.rawValue)).flatMap(Kind.init) ?? kind
        warmupEpochs = try options.number("warmup_epochs", in: 0...Double(epochs)) ?? warmupEpochs
        switch kind {
        case .constant: break
        case .step:
            stepSize = try options.integer("step_size", in: 1...100_000) ?? stepSize
            gamma = try options.number("gamma", in: 0...1) ?? gamma
        case .cosine:
            minimum = try options.number("minimum", in: 0...learningRate) ?? minimum
        }
        try options.finish()
    }

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
