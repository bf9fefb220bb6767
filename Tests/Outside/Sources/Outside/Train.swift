import Graft

/// Trains a classifier on a folder of class folders and names a picture with it.
func trainTinyVGG(on pictures: String, into folder: String, then picture: String) async throws -> Prediction {
    var registry = try Registry.builtIn()
    try registry.register(TinyVGG.self)

    var configuration = TrainingConfiguration(train: pictures)
    configuration.backbone = "tiny_vgg_wide"
    configuration.weights = "none"
    configuration.pooling = .avgMax
    configuration.train.epochs = 30
    configuration.train.optimizer.learningRate = 0.01
    configuration.output = folder
    let result = try await TrainingRun(configuration, registry: registry).run()
    print(result.test.map { "\($0)" } ?? "nothing to test on")

    let model = try LoadedModel(result.model, registry: registry)
    return try await model.classify(.path(picture), top: 1)
}
