import RunConfiguration
import Data
import Learning
import Zoo

/// Whether what is asked for makes sense for what is to be learnt: told before any picture is read.
struct TaskCheck {
    let configuration: TrainingConfiguration
    let model: Model
    let train: ImageFolder

    /// - Throws: `GraftError` with the key that does not fit.
    func check() throws(GraftError) {
        let settings = configuration.train
        let targets = train.targets
        let names = train.classes
        // Refuses weights of classes that are not there.
        let loss = try PhaseTrainer.loss(settings, classes: names, targets: targets)
        guard model.head.tasks.contains(train.task) else {
            throw GraftError(
                .invalidValue, "a '\(type(of: model.head).kind)' head cannot learn that", parameter: "head.kind",
                expected: ModelTask.allCases.filter(model.head.tasks.contains).map(\.rawValue).joined(
                    separator: " or "),
                found: train.task.rawValue, remedy: "choose another, as in 'linear'")
        }
        guard model.pooling != .positions || model.outputs == names.count else {
            throw GraftError(
                .invalidValue, "answers at every position are no sigmoid's", parameter: "head.binary",
                remedy: "leave it out, or pooling: positions")
        }
        guard train.task != .classification else { return }
        try refuse("a head that answers at every position", "pooling", where: model.pooling == .positions)
        try refuse("one output for two classes", "head.binary", where: model.outputs != names.count)
        try refuse("\(settings.sampler.rawValue)", "train.sampler", where: settings.sampler != .shuffle)
        try refuse("calling pictures none of the classes", "train.none_of_these", where: settings.noneOfThese != nil)
        try refuse("a recipe", "train.recipe", where: settings.recipe != nil)
        try refuse(
            "smoothing", "train.label_smoothing", where: train.task == .regression && settings.labelSmoothing > 0)
        if let stopping = settings.earlyStopping {
            _ = try EarlyStoppingState(stopping, hasTest: true, task: train.task)
        }
        // A loss says itself what it can learn.
        let first = targets.part(0..<1)
        _ = try loss.value(of: Tensor(shape: [1, model.outputs]), targets: first)
    }

    private func refuse(_ what: String, _ key: String, where isAsked: Bool) throws(GraftError) {
        guard isAsked else { return }
        throw GraftError(
            .invalidValue, "\(what) is for pictures of one class each", parameter: key,
            expected: "nothing, for \(train.task.rawValue)", remedy: "leave it out")
    }
}
