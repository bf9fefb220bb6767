import Engine
package import Learning
package import Numbers
import RunConfiguration
package import Zoo

/// Heads trained as a model's own, each on all folds but one.
package struct FoldHeads {
    let plan: ModelPlan
    let settings: TrainerSettings
    let classes: [String]
    /// In all phases together.
    let epochs: Int
    var surroundings: RunSurroundings
    /// What a head that is made in one pass chose for all pictures; nil to choose for every fold.
    var chosen: OptionChoice?

    package init(
        plan: ModelPlan, settings: TrainerSettings, classes: [String], epochs: Int, surroundings: RunSurroundings
    ) {
        self.plan = plan
        var settings = settings
        settings.earlyStopping = nil
        self.settings = settings
        self.classes = classes
        self.epochs = epochs
        self.surroundings = surroundings
    }

    init(survey: Survey, epochs: Int, surroundings: RunSurroundings) {
        self.init(
            plan: survey.plan, settings: survey.configuration.train, classes: survey.classes, epochs: epochs,
            surroundings: surroundings)
    }

    /// What they say of the pictures that they have not seen: `[N, classes]`.
    package func scores(_ features: LabeledFeatures, folds: Folds) throws(GraftError) -> [Double] {
        // Heads are small: one a thread is faster than one after the other on all.
        var single = self
        single.surroundings = surroundings.onOneThread
        let heads = single
        // Each thread has a copy of the rows that it learns from.
        let bytes = max(1, features.features.elements.count * MemoryLayout<Float>.stride)
        let threads = min(try ThreadPool.count(surroundings.threads), max(1, surroundings.memoryLimit / bytes))
        let answers = WorkerPool.map(count: folds.count, threads: threads) { fold in
            Result { () throws(GraftError) -> [Double] in
                let (train, held) = folds.split(fold)
                guard !train.isEmpty, !held.isEmpty else { return [] }
                return try heads.scores(of: features.rows(held), learning: features.chosen(train))
            }
        }
        var scores = [Double](repeating: 0, count: features.count * classes.count)
        for fold in 0..<folds.count {
            let answers = try answers[fold].get()
            guard !answers.isEmpty else { continue }
            for (place, picture) in folds.split(fold).held.enumerated() {
                for label in classes.indices {
                    scores[picture * classes.count + label] = answers[place * classes.count + label]
                }
            }
        }
        return scores
    }

    /// What a head made of some pictures says of others: `[N, classes]`.
    /// - Parameter rows: `[N, features]` of the others.
    package func scores(of rows: Tensor, learning features: LabeledFeatures) throws(GraftError) -> [Double] {
        let logits = try head(on: features).run(rows)
        guard logits.shape[1] == 1, classes.count == 2 else { return logits.elements.map(Double.init) }
        // One output is the logit of the second class.
        return logits.elements.flatMap { [0, Double($0)] }
    }

    private func head(on features: LabeledFeatures) throws(GraftError) -> InferencePlan {
        let threads = surroundings.threads
        let suffix = plan.phases[0].suffix
        var context = try plan.headContext(threads: threads)
        context.chosen = chosen
        if plan.model.head.isMadeInOnePass,
            let made = try plan.model.head.fit(
                features: features.features, targets: features.targets, in: context)
        {
            return try InferencePlan(suffix, weights: made.tensors, threads: threads)
        }
        let loss = try PhaseTrainer.loss(settings, classes: classes, targets: features.targets)
        var course = TrainingCourse()
        var left = epochs
        for phase in plan.phases where left > 0 {
            let shortened = phase.lasting(min(left, phase.settings.epochs))
            left -= shortened.settings.epochs
            var trainer = try plan.trainer(
                of: shortened, changed: course.carried, classes: classes, threads: threads)
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
