import RunConfiguration
import Data
import Inference
import Learning
import Weights
import Zoo

/// What costs little to find out, and is found out first: names and options, folders and classes.
struct RunDraft: Sendable {
    let configuration: TrainingConfiguration
    let registry: Registry
    let model: Model
    /// The same with a head that is solved for, where a recipe may keep such a head.
    let solved: Model?
    let train: ImageFolder
    /// Nil where a share of the training pictures will be held out.
    let test: ImageFolder?
    /// What was taken for what.
    let notes: [String]

    /// - Throws: `GraftError` for names, options or folders that cannot be trained with.
    init(_ configuration: TrainingConfiguration, registry: Registry) throws(GraftError) {
        self.registry = registry
        var configuration = configuration
        // Whatever the number of classes: a wrong name is told before folders are read.
        let graph = try Self.model(configuration, registry, classes: 2).graph()
        _ = try ModelPlan.phases(of: graph, configuration.train)
        try Self.checkWeights(configuration, registry)
        let root = DataRoot(path: configuration.data.train)
        if let root {
            configuration.data.train = root.train
            configuration.data.test = configuration.data.test ?? root.test
        }
        notes = root.map { [$0.note] } ?? []
        let testPath = configuration.data.test
        if let testPath, !configuration.allowLeak {
            try ImageFolder.refuseLeak(train: configuration.data.train, test: testPath)
        }
        let reading = configuration.data.table
        let train = try ImageFolder(
            path: configuration.data.train, classes: configuration.data.classes, reading: reading)
        self.train = train
        let pooled = try graph.prefix(through: Model.pooledStage)
        let features = try pooled.shapes(input: pooled.inputShape).last?.reduce(1, *) ?? 1
        var other = configuration
        other.head.kind = configuration.solvedKind(
            task: train.task, classes: train.classes.count, pictures: train.pictures.count, features: features,
            known: registry.headKinds)
        solved =
            configuration.train.leavesHeadToRecipe && other.head.kind != nil
            ? try Self.model(other, registry, classes: train.classes.count) : nil
        configuration.head.kind = configuration.headKind(
            task: train.task, classes: train.classes.count, pictures: train.pictures.count, features: features,
            known: registry.headKinds)
        self.configuration = configuration
        model = try Self.model(
            configuration, registry, classes: train.classes.count, pictures: train.pictures.count)
        try TaskCheck(configuration: configuration, model: model, train: train).check()
        test = try testPath.map { path throws(GraftError) in
            try ImageFolder(
                path: path, testing: train.classes,
                reading: TableReading(task: train.task, separator: reading.separator))
        }
        if let test, !configuration.allowLeak { try train.refuseLeak(to: test) }
    }

    private static func backbone(
        _ configuration: TrainingConfiguration, _ registry: Registry
    ) throws(GraftError) -> any Backbone {
        do throws(GraftError) { return try registry.backbone(configuration.backbone) } catch {
            var error = error
            error.context.parameter = "backbone"
            throw error
        }
    }

    /// Whether there are such weights, as far as that is known without getting them.
    private static func checkWeights(
        _ configuration: TrainingConfiguration, _ registry: Registry
    ) throws(GraftError) {
        let choice = try BaseChoice(
            configuration.weights, set: configuration.weightSet, for: try backbone(configuration, registry))
        if case .file(let path, _) = choice { _ = try WeightFile(path: path) }
    }

    private static func model(
        _ configuration: TrainingConfiguration, _ registry: Registry, classes: Int, pictures: Int = 1
    ) throws(GraftError) -> Model {
        let backbone = try Self.backbone(configuration, registry)
        let head = try registry.head(
            configuration.head.kind ?? TrainingConfiguration.HeadChoice.trained,
            options: Options(configuration.head.options, path: "head"), for: backbone)
        return try Model(
            backbone: backbone, pooling: configuration.pooling, head: head.made(of: pictures), classes: classes)
    }

    /// Finds the backbone's weights, and with them how each phase divides the model.
    func plan(_ surroundings: RunSurroundings) throws(GraftError) -> ModelPlan {
        let base = try BaseWeights.resolve(
            configuration.weights, set: configuration.weightSet, for: model.backbone,
            prefix: try model.graph().prefix(through: Model.pooledStage), seed: configuration.train.seed,
            isPartial: configuration.partial, registry: registry
        ) { surroundings.tell(.download($0)) }
        surroundings.tell(.weights(name: base.name, origin: base.origin))
        return try plan(of: model, on: base, configuration.train)
    }

    /// The plan of `solved`, on the same weights.
    func solvedPlan(beside plan: ModelPlan) throws(GraftError) -> ModelPlan? {
        var settings = configuration.train
        settings.recipe = nil
        return try solved.map { (model) throws(GraftError) in try self.plan(of: model, on: plan.base, settings) }
    }

    private func plan(
        of model: Model, on base: BaseWeights, _ settings: TrainerSettings
    ) throws(GraftError) -> ModelPlan {
        try ModelPlan(
            model: model, task: train.task, base: base,
            preprocessing: try configuration.preprocessing.applied(to: base.preprocessing), settings: settings,
            augmentation: configuration.data.augment, precision: configuration.precision)
    }
}
