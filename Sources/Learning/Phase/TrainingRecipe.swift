import Zoo

/// `train.recipe: finetune`: the head first, then as much of the backbone as a held-out part of the training pictures says is
/// worth it, which may be nothing. `Docs/FineTuning.md` has the rules and the numbers.
public struct TrainingRecipe: Sendable, Hashable {
    /// `train.finetune`: what the decision may cost.
    public enum Effort: String, Sendable, Hashable, CaseIterable {
        /// A trial on a part of the pictures, and where it is won, the same again on all of them.
        case full
        /// The trial, shorter, and where it is won, what it trained.
        case quick
    }

    /// What it may cost.
    public var effort = Effort.full
    /// Epochs of the part that fine-tunes; nil for what suits the number of pictures.
    public var epochs: Int?

    /// The full one.
    public init() {}

    /// Reads `recipe` and `finetune`; nil where neither is there.
    /// - Throws: `GraftError` with the path of the key that is wrong, or of one that the recipe decides.
    init?(options: inout Options) throws(GraftError) {
        let name = try options.choice("recipe", of: ["finetune"])
        let effort = try options.choice("finetune", of: Effort.allCases.map(\.rawValue)).flatMap(Effort.init)
        guard name != nil || effort != nil else { return nil }
        for key in ["phases", "freeze", "layer_decay", "batch_norm", "schedule"] where options.values[key] != nil {
            throw GraftError(
                .invalidValue, "the recipe decides it", parameter: options.path(of: key),
                remedy: "leave it out, or write your own train.phases in place of train.recipe")
        }
        self.effort = effort ?? .full
        epochs = try options.integer("epochs", in: 1...100_000)
    }
}
