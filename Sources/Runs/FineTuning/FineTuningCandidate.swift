import Images
import Learning
import RunConfiguration
import Zoo

/// One way to go on after the head.
struct FineTuningCandidate: Sendable {
    /// In words.
    let what: String
    let settings: TrainingPhase
    let training: TrainerSettings
    let augmentation: Augmentation

    /// The second phase of a model.
    func phase(of plan: ModelPlan) throws(GraftError) -> ModelPlan.Phase {
        try ModelPlan.Phase(
            number: 2, settings, training: training, augmentation: augmentation, of: plan.graph, parts: plan.parts)
    }

    /// The same for another number of epochs.
    func lasting(_ epochs: Int) -> FineTuningCandidate {
        var settings = settings
        settings.epochs = epochs
        settings.schedule.warmupEpochs = min(settings.schedule.warmupEpochs, Double(epochs) / 4)
        return FineTuningCandidate(what: what, settings: settings, training: training, augmentation: augmentation)
    }
}

extension FineTuningCandidate {
    /// What may be tried: with the pictures as they are, and changed at random. What the configuration says of that, of
    /// epochs, label smoothing and averages is taken; the rest is what did best on the sets of `Docs/FineTuning.md`.
    static func all(for survey: Survey) -> [FineTuningCandidate] {
        let configuration = survey.configuration
        let recipe = configuration.train.recipe ?? TrainingRecipe()
        var training = configuration.train
        var rule = AdamW()
        rule.adam.weightDecay = 0.05
        training.optimizer.rule = rule
        if training.labelSmoothing == 0 { training.labelSmoothing = 0.1 }
        let settings = settings(for: survey, recipe)
        let own = configuration.data.augment
        let plain = FineTuningCandidate(
            what: "everything", settings: settings, training: training, augmentation: Augmentation())
        let changing = FineTuningCandidate(
            what: "everything, pictures changed at random", settings: settings, training: training,
            augmentation: own.isEmpty ? .light : own)
        // Who mixes pictures or changes them wants that; what changes need longer to be worth it.
        if !own.isEmpty || !training.mixing.isEmpty { return [own.isEmpty ? plain : changing] }
        return recipe.effort == .quick ? [plain] : [changing, plain]
    }

    private static func settings(for survey: Survey, _ recipe: TrainingRecipe) -> TrainingPhase {
        var settings = TrainingPhase(freeze: .none, learningRate: 0.001, layerDecay: 0.8, batchNorm: .frozen)
        let operations = survey.plan.graph.nodes.map(\.operation)
        let hasAttention = operations.contains { if case .attention = $0 { true } else { false } }
        let hasLayerNorm = operations.contains { if case .layerNorm = $0 { true } else { false } }
        if hasAttention, hasLayerNorm {
            // As transformers are fine-tuned since BEiT (arXiv:2106.08254, table 9), for batches of 32.
            settings.learningRate = 0.0002
            settings.layerDecay = 0.7
        }
        settings.epochs = recipe.epochs ?? epochs(pictures: survey.sets.train.count)
        if recipe.effort == .quick { settings.epochs = max(1, settings.epochs / 4) }
        settings.schedule.kind = .cosine
        settings.schedule.warmupEpochs = min(1, Double(settings.epochs) / 4)
        return settings
    }

    /// So many that about 9,000 pictures pass; of few pictures each is seen 40 times at most, of many 6 times at least.
    static func epochs(pictures: Int) -> Int { min(40, max(6, (9000 + pictures / 2) / max(1, pictures))) }
}
