import Data
import Engine
import Inference
import Insight
import Learning
import Numbers
import RunConfiguration
import Zoo

/// How sure a model may be, and what it has never seen: found with heads that were trained on parts of the pictures and
/// asked about the others.
struct Confidence: Sendable {
    let temperature: Temperature
    /// On the pictures that each head had not seen: as they are, and by temperatures fitted on other folds.
    let calibration: Calibration
    /// Where `train.none_of_these` asks for it.
    let strangers: StrangerScore.Fit?

    /// - Parameters:
    ///   - features: `[N, features]` of the training pictures.
    ///   - groups: equal files have the same number.
    ///   - epochs: how many the kept model was trained for.
    ///   - choice: of a head that was made in one pass.
    /// - Throws: `GraftError` `.cancelled`; `.invalidData` for too few pictures for `train.none_of_these`.
    init?(
        _ survey: Survey, _ features: LabeledFeatures, groups: [Int], epochs: Int, choice: OptionChoice?,
        _ surroundings: RunSurroundings
    ) throws(GraftError) {
        let classes = survey.classes
        guard let labels = features.targets.classIndices, Set(labels).count > 1 else { return nil }
        let folds = Folds(labels: labels, groups: groups)
        var heads = FoldHeads(survey: survey, epochs: epochs, surroundings: surroundings)
        heads.chosen = choice
        let scores = try heads.scores(features, folds: folds)
        let answers = OutOfFold(logits: scores, labels: labels, classes: classes.count)
        temperature = Temperature(logits: scores, labels: labels, classes: classes.count, fold: folds.fold)
        calibration = Calibration(logits: scores, labels: labels, classes: classes.count, groups: groups)
        guard let promised = survey.configuration.train.noneOfThese else {
            strangers = nil
            return
        }
        strangers = try StrangerScore.fit(
            try FeatureRows(features.features), labels: labels, classes: classes,
            probabilities: answers.probabilities(temperature: temperature.value), promised: promised, folds: folds,
            groups: groups, threads: try ThreadPool.count(surroundings.threads))
    }

    /// Refuses what `train.none_of_these` cannot do, before anything is trained for it.
    static func check(_ survey: Survey) throws(GraftError) {
        guard survey.configuration.train.noneOfThese != nil else { return }
        guard survey.plan.model.pooling != .positions else {
            throw GraftError(
                .invalidValue, "a head that answers at every position has no features to compare",
                parameter: "train.none_of_these", expected: "a pooling that makes one vector",
                found: "pooling: positions", remedy: "leave out one of the two")
        }
        guard survey.plan.isHeadOnly, survey.configuration.train.recipe == nil else {
            throw GraftError(
                .invalidValue, "a model whose backbone is trained cannot tell what it has never seen",
                parameter: "train.none_of_these", expected: "a frozen backbone",
                remedy: "leave out train.none_of_these, or train.freeze, recipe and phases")
        }
        let counts = survey.classes.indices.map { label in
            survey.sets.train.count { $0.picture.label == label }
        }
        try StrangerScore.requirePictures(counts, classes: survey.classes)
    }
}
