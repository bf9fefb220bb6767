import Data
import Engine
import Inference
import Insight
import Learning
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
    /// - Throws: `GraftError` `.cancelled`; `.invalidData` for too few pictures for `train.none_of_these`.
    init?(
        _ survey: Survey, _ features: LabeledFeatures, groups: [Int], epochs: Int, _ surroundings: RunSurroundings
    ) throws(GraftError) {
        let classes = survey.classes
        guard let labels = features.targets.classIndices, Set(labels).count > 1 else { return nil }
        let folds = Folds(labels: labels, groups: groups)
        let heads = FoldHeads(survey: survey, epochs: epochs, surroundings: surroundings)
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

/// Heads trained as the model's own, each on all folds but one.
private struct FoldHeads {
    let survey: Survey
    /// In all phases together.
    let epochs: Int
    let surroundings: RunSurroundings

    /// What they say of the pictures that they have not seen: `[N, classes]`.
    func scores(_ features: LabeledFeatures, folds: Folds) throws(GraftError) -> [Double] {
        let classes = survey.classes.count
        var scores = [Double](repeating: 0, count: features.count * classes)
        for fold in 0..<folds.count {
            let (train, held) = folds.split(fold)
            guard !train.isEmpty, !held.isEmpty else { continue }
            let logits = try head(on: features.chosen(train)).run(features.chosen(held).features)
            let outputs = logits.shape[1]
            for (place, picture) in held.enumerated() {
                for label in 0..<classes {
                    // One output is the logit of the second class.
                    let value =
                        outputs == 1
                        ? (label == 0 ? 0 : logits.elements[place]) : logits.elements[place * outputs + label]
                    scores[picture * classes + label] = Double(value)
                }
            }
        }
        return scores
    }

    private func head(on features: LabeledFeatures) throws(GraftError) -> InferencePlan {
        let (plan, threads) = (survey.plan, surroundings.threads)
        let suffix = plan.phases[0].suffix
        if plan.model.head.isMadeInOnePass,
            let made = try plan.model.head.fit(
                features: features.features, targets: features.targets, in: plan.model.headContext)
        {
            return try InferencePlan(suffix, weights: made, threads: threads)
        }
        let settings = survey.configuration.train
        let loss = try PhaseTrainer.loss(settings, classes: survey.classes, targets: features.targets)
        var course = TrainingCourse()
        var left = epochs
        for phase in plan.phases where left > 0 {
            let shortened = phase.lasting(min(left, phase.settings.epochs))
            left -= shortened.settings.epochs
            var trainer = try plan.trainer(
                of: shortened, changed: course.carried, classes: survey.classes, threads: threads)
            try course.run(
                &trainer, on: features, test: nil, loss: loss, interrupter: surroundings.interrupter
            ) { (_, _, _) throws(GraftError) in }
        }
        return try InferencePlan(
            suffix, weights: plan.weights(changed: course.carried, seed: settings.seed), threads: threads)
    }
}

extension LabeledFeatures {
    /// Some of the images.
    func chosen(_ indices: [Int]) -> LabeledFeatures {
        LabeledFeatures(features: rows(indices), targets: targets.rows(of: indices))
    }
}
