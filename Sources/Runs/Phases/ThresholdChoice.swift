import Learning
import Numbers
import Objectives
import Zoo

/// From which probability on a label counts as told: found with heads that were trained on parts of the pictures and asked
/// about the others; where the backbone learns too, by pictures that were held out.
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

    /// - Parameters:
    ///   - phase: the last one.
    ///   - changed: the tensors that training has changed.
    ///   - answering: the trained model.
    /// - Returns: one a label; nil where nothing was held out.
    /// - Throws: `GraftError` for a picture that has changed or cannot be read any more; `.cancelled`.
    static func thresholds(
        ofHeldOutOf survey: Survey, _ phase: ModelPlan.Phase, changed: StateDict, _ answering: Answering,
        _ surroundings: RunSurroundings
    ) throws(GraftError) -> [Double]? {
        let held = survey.ofHeld
        guard !held.sets.train.isEmpty else { return nil }
        let inputs = try PhaseInputs(for: phase, of: held, changed: changed, surroundings.silent)
        let features = try answering.features(of: inputs.plainTrain)
        guard case .labels(let labels) = features.targets else { return nil }
        return LabelThresholds.chosen(logits: try answering.logits(of: features), labels: labels)
    }
}
