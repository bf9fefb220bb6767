import Data
import Inference
import Learning
import Zoo

/// What costs little to find out, and is found out first: names and options, folders and classes.
struct RunDraft: Sendable {
    let configuration: TrainingConfiguration
    let registry: Registry
    let model: Model
    let train: ImageFolder
    /// Nil where a share of the training pictures will be held out.
    let test: ImageFolder?

    /// - Throws: `GraftError` for names, options or folders that cannot be trained with.
    init(_ configuration: TrainingConfiguration, registry: Registry) throws(GraftError) {
        self.configuration = configuration
        self.registry = registry
        // Whatever the number of classes: a wrong name is told before folders are read.
        _ = try ModelPlan.phases(
            of: try Self.model(configuration, registry, classes: 2).graph(), configuration.train)
        let train = try ImageFolder(path: configuration.data.train, classes: configuration.data.classes)
        self.train = train
        model = try Self.model(configuration, registry, classes: train.classes.count)
        test = try configuration.data.test.map { path throws(GraftError) in
            try ImageFolder(path: path, testing: train.classes)
        }
    }

    private static func model(
        _ configuration: TrainingConfiguration, _ registry: Registry, classes: Int
    ) throws(GraftError) -> Model {
        let backbone = try registry.backbone(configuration.backbone)
        let head = try registry.head(
            configuration.head.kind, options: Options(configuration.head.options, path: "head"), for: backbone)
        return try Model(backbone: backbone, pooling: configuration.pooling, head: head, classes: classes)
    }

    /// Finds the backbone's weights, and with them how each phase divides the model.
    func plan(_ surroundings: RunSurroundings) throws(GraftError) -> ModelPlan {
        let base = try BaseWeights.resolve(
            configuration.weights, for: model.backbone, prefix: try model.graph().prefix(through: Model.pooledStage),
            seed: configuration.train.seed, isPartial: configuration.partial, registry: registry
        ) { surroundings.tell(.download($0)) }
        surroundings.tell(.weights(name: base.name, origin: base.origin))
        return try ModelPlan(
            model: model, base: base, preprocessing: try configuration.preprocessing.applied(to: base.preprocessing),
            settings: configuration.train)
    }
}
