public import Zoo

/// Which update rule, and how long its steps are.
public struct OptimizerSettings: Sendable, Hashable {
    /// The rule and its constants.
    public var rule: any UpdateRule = Adam()
    /// What the schedule starts from.
    public var learningRate = 0.001

    /// Adam at a rate of 0.001.
    public init() {}

    /// Reads `kind` and `learning_rate`, then the options of the rule.
    /// - Parameter registry: who knows the rules.
    /// - Throws: `GraftError` with the path of the key that is wrong.
    public init(options: inout Options, registry: Registry) throws(GraftError) {
        let kind = try options.choice("kind", of: registry.ruleKinds) ?? Adam.kind
        let type = registry.rule(kind) ?? Adam.self
        if let rate = options.value("learning_rate") {
            guard let number = try options.number("learning_rate"), number > 0, number <= 1000 else {
                throw options.wrong("learning_rate", rate, expected: "a number above 0, at most 1000")
            }
            learningRate = number
        } else {
            learningRate = type.defaultLearningRate
        }
        rule = try type.init(options: &options)
        do throws(GraftError) { try options.finish() } catch { throw Self.owned(error, options, registry) }
    }

    /// The keys that every rule has.
    static let descriptions: [KeyDescription] = [
        KeyDescription(
            path: "kind", standard: "`adam`",
            meaning:
                "`adam`, `adamw`, `sgd`, `rmsprop` (PyTorch's rules and names), `lion` (arXiv:2302.06675) or `lamb` "
                + "(arXiv:1904.00962)"),
        KeyDescription(
            path: "learning_rate", standard: "`0.001` (`sgd`, `rmsprop`: `0.01`; `lion`: `0.0001`)",
            meaning: "what the schedule starts from"),
    ]

    /// The error of a key that another rule has says whose it is.
    private static func owned(_ error: GraftError, _ options: Options, _ registry: Registry) -> GraftError {
        var error = error
        for key in options.values.keys where error.message == "unknown key '\(options.path(of: key))'" {
            let owners = registry.ruleKinds.filter { kind in
                var none = Options()
                return (try? registry.rule(kind)?.init(options: &none))?.options[key] != nil
            }
            if !owners.isEmpty { error.context.remedy = "it belongs to kind: \(owners.joined(separator: " or "))" }
        }
        return error
    }

    /// The same rule with the same options, at the same rate.
    public static func == (a: OptimizerSettings, b: OptimizerSettings) -> Bool {
        type(of: a.rule).kind == type(of: b.rule).kind && a.rule.options == b.rule.options
            && a.learningRate == b.learningRate
    }

    /// Of rule and rate.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(type(of: rule).kind)
        hasher.combine(rule.options)
        hasher.combine(learningRate)
    }
}
