import Numbers
public import Zoo

/// Multinomial logistic regression with an L2 penalty, as one linear layer: made in one pass over the features, the same
/// for the same pictures.
///
/// It is the minimum of `strength * sum of cross entropies + |W|^2 / 2` on features less their mean, in a unit that makes
/// their mean squared length 1; unit and mean are then folded into the layer.
///
/// Options: `strength`, the larger the closer to the training pictures (chosen as DINOv2's evaluation does,
/// arXiv:2304.07193: by pictures that are left out, in five folds, from 0.1 to 10,000).
public struct LogisticHead: Head {
    /// The word in configurations.
    public static let kind = "logistic"

    private let strength: StrengthOption

    /// Reads the options above.
    public init(options: inout Options, for backbone: any Backbone) throws(GraftError) {
        strength = try StrengthOption(options: &options)
    }

    /// The options; nothing for a strength that is chosen.
    public var options: [String: OptionValue] { strength.options }

    /// Pictures of one class each.
    public var tasks: Set<ModelTask> { [.classification] }

    /// `[N, features]` to `[N, outputs]`.
    public func layers(in context: HeadContext) -> [any Layer] {
        Dense(context.outputs).named(context.classifierPath)
    }

    /// true: the minimum is found, not approached.
    public var isMadeInOnePass: Bool { true }

    /// The regression on all rows. Copies of a picture are in one fold where the strength is chosen.
    public func fit(features: Tensor, targets: Targets, in context: HeadContext) throws(GraftError) -> HeadFit? {
        guard let labels = targets.classIndices else {
            throw GraftError(
                .invalidValue, "a regression to classes needs pictures of one class each", parameter: "head.kind",
                found: targets.kind, remedy: "choose another head, as in 'linear'")
        }
        let space = try RowSpace(features, threads: context.threads)
        let path = try LogisticPath(space, labels: labels, classes: context.outputs, threads: context.threads)
        let (strength, choice) = try strength.decided(in: context) { () throws(GraftError) in
            try path.choice(
                Folds(labels: labels, groups: Folds.groups(ofEqualRows: features)), advance: context.advance)
        }
        let (weights, biases) = path.fit(strength: strength)
        return HeadFit(try StateDict(linear: weights, biases, in: context), choice: choice)
    }
}
