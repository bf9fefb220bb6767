import Engine
import Insight
import Learning
import Zoo

/// Heads trained as the model's own, each on all folds but one.
struct FoldHeads {
    let survey: Survey
    /// In all phases together.
    let epochs: Int
    let surroundings: RunSurroundings

    /// What they say of the pictures that they have not seen: `[N, classes]`.
    func scores(_ features: LabeledFeatures, folds: Folds, classes: Int) throws(GraftError) -> [Double] {
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
