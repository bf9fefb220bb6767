import Numbers
import Zoo

/// The option `strength` of heads that are regressions: the inverse of the penalty.
struct StrengthOption {
    /// nil where it is to be chosen.
    let given: Double?

    init(options: inout Options) throws(GraftError) { given = try options.number("strength", in: 1e-6...1e6) }

    /// Where nothing can be left out to choose by: what suits features of a pretrained backbone.
    private static let fallback = 10.0

    /// The strength of a fit, and how it was chosen where that is done now: not where it is given, nor in a part of the pictures
    /// whose whole has chosen.
    func decided(
        in context: HeadContext, _ choose: () throws(GraftError) -> OptionChoice?
    ) throws(GraftError) -> (strength: Double, choice: OptionChoice?) {
        if let known = given ?? context.chosen?.chosen { return (known, nil) }
        let choice = try choose()
        return (choice?.chosen ?? Self.fallback, choice)
    }

    /// What a model file records.
    var options: [String: OptionValue] { given.map { ["strength": .number($0)] } ?? [:] }
}

extension StateDict {
    /// A linear layer under the backbone's name for it.
    /// - Parameters:
    ///   - weights: `[outputs, features]`
    ///   - biases: `[outputs]`
    init(linear weights: PackedRows, _ biases: [Double], in context: HeadContext) throws(GraftError) {
        self.init()
        self["\(context.classifierPath).weight"] = try Tensor(
            shape: [weights.count, weights.width], elements: weights.floats)
        self["\(context.classifierPath).bias"] = try Tensor(
            shape: [biases.count], elements: biases.map { Float($0) })
    }
}
