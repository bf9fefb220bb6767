import Learning
import Numbers
import Objectives
import Zoo

/// From which probability on a label counts as told: found with heads that were trained on parts of the pictures and asked
/// about the others.
enum ThresholdChoice {
    /// - Parameters:
    ///   - features: `[N, features]` of the training pictures.
    ///   - epochs: how many the kept model was trained for.
    /// - Returns: one a label; nil for other tasks.
    /// - Throws: `GraftError` `.cancelled`, or that a part of the pictures is too few for the settings.
    static func thresholds(
        _ survey: Survey, _ features: LabeledFeatures, epochs: Int, _ surroundings: RunSurroundings
    ) throws(GraftError) -> [Double]? {
        guard case .labels(let labels) = features.targets else { return nil }
        let folds = Folds(labels: features.targets.strata, groups: survey.sets.groups)
        let heads = FoldHeads(survey: survey, epochs: epochs, surroundings: surroundings)
        let scores = try heads.scores(features, folds: folds)
        return LabelThresholds.chosen(
            logits: try Tensor(shape: labels.shape, elements: scores.map { Float($0) }), labels: labels)
    }
}
