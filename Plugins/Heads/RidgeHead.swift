import Numbers
public import Zoo

/// Linear regression to numbers with an L2 penalty, as one linear layer: made in one pass over the features, in closed
/// form.
///
/// It is the minimum of `strength * sum of squared errors + |W|^2` on features less their mean, in a unit that makes their
/// mean squared length 1; unit and mean are then folded into the layer.
///
/// Options: `strength`, the larger the closer to the training pictures (chosen by pictures that are left out one at a
/// time, from 0.01 to 10,000).
public struct RidgeHead: Head {
    /// The word in configurations.
    public static let kind = "ridge"

    private let strength: StrengthOption

    /// Reads the options above.
    public init(options: inout Options, for backbone: any Backbone) throws(GraftError) {
        strength = try StrengthOption(options: &options)
    }

    /// The options; nothing for a strength that is chosen.
    public var options: [String: OptionValue] { strength.options }

    /// Numbers.
    public var tasks: Set<ModelTask> { [.regression] }

    /// `[N, features]` to `[N, outputs]`.
    public func layers(in context: HeadContext) -> [any Layer] {
        Dense(context.outputs).named(context.classifierPath)
    }

    /// true: there is a formula.
    public var isMadeInOnePass: Bool { true }

    /// The regression on all rows.
    public func fit(features: Tensor, targets: Targets, in context: HeadContext) throws(GraftError) -> HeadFit? {
        guard case .values(let values) = targets else {
            throw GraftError(
                .invalidValue, "a regression to numbers needs numbers", parameter: "head.kind", found: targets.kind,
                remedy: "choose another head, as in 'linear'")
        }
        let space = try RowSpace(features, threads: context.threads)
        let ridge = try RidgeRegression(space, values: values, threads: context.threads)
        let (strength, choice) = try strength.decided(in: context) { ridge.choice }
        let (weights, biases) = ridge.fit(strength: strength)
        return HeadFit(try StateDict(linear: weights, biases, in: context), choice: choice)
    }
}
