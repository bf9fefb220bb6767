package import RunConfiguration
import Data
import Engine
import Images
package import Inference
import Learning
import Weights
package import Zoo

/// What the trained layers of a phase read of the pictures: the second of a run's values, made from the survey and from what
/// earlier phases have changed.
package struct PhaseInputs: Sendable {
    /// As they are learnt from.
    let train: any BatchSource
    /// The same pictures as they are tested: nothing random.
    let plainTrain: any BatchSource
    let test: (any BatchSource)?
    /// The training pictures' features, where they are computed once.
    let computed: LabeledFeatures?

    /// Bytes of features that are kept in memory.
    package static let memoryLimit = 1 << 30
    /// Bytes of features that are worth keeping on disk.
    private static let diskLimit = 1 << 28

    /// - Parameter sample: how many training pictures to prepare, to see how long they take; nil for all.
    /// - Throws: `GraftError` for a picture that has changed or cannot be read any more; `.cancelled`.
    init(
        for phase: ModelPlan.Phase, of survey: Survey, changed: StateDict, sample: Int? = nil,
        _ surroundings: RunSurroundings
    ) throws(GraftError) {
        var (trained, tested) = (survey.sets.train, survey.sets.test)
        if let sample { (trained, tested) = (Array(trained.prefix(sample)), Array(tested.prefix(sample / 2))) }
        func features(_ items: [PictureSets.Item]) throws(GraftError) -> LabeledFeatures {
            try Self.features(of: items, for: phase, survey, changed: changed, surroundings)
        }
        let count = survey.sets.train.count + survey.sets.test.count
        guard Self.isStreamed(phase, count: count, memoryLimit: surroundings.memoryLimit) else {
            var pair = survey.features.map { ($0.train, $0.test) }
            if sample != nil || survey.features?.phase != phase.number {
                let rows = try features(trained + tested)
                pair = (
                    rows.part(0..<trained.count), rows.part(trained.count..<trained.count + tested.count)
                )
            }
            guard let (train, test) = pair else { throw GraftError(.invalidData, "there are no features") }
            let (shape, outputs) = (phase.suffix.inputShape, survey.classes.count)
            try train.check("train", shape: shape, outputs: outputs)
            if test.count > 0 { try test.check("test", shape: shape, outputs: outputs) }
            self.train = train
            plainTrain = train
            computed = train
            self.test = test.count > 0 ? test : nil
            return
        }
        let prefix = try phase.prefix.map { graph throws(GraftError) in
            try InferencePlan(
                graph, weights: survey.plan.base.tensors.overlaid(by: changed), threads: surroundings.threads,
                quantization: survey.plan.frozenLayers.plan.quantization,
                precision: survey.plan.frozenLayers.plan.precision)
        }
        func streamed(_ items: [PictureSets.Item], isRandom: Bool) -> StreamedPictures {
            StreamedPictures(
                items.map(\.picture.path), targets: survey.scaled(items), classCount: survey.sets.classCount,
                augmentation: isRandom ? phase.augmentation : Augmentation(),
                mixing: isRandom ? phase.training.mixing : Mixing(), preprocessing: survey.plan.preprocessing,
                prefix: prefix, seed: phase.training.seed, cache: survey.pictures, surroundings)
        }
        train = streamed(trained, isRandom: true)
        plainTrain = streamed(trained, isRandom: false)
        computed = nil
        if tested.isEmpty {
            test = nil
        } else if Self.fitsMemory(phase, count: tested.count, memoryLimit: surroundings.memoryLimit) {
            test = try features(tested)
        } else {
            test = streamed(tested, isRandom: false)
        }
    }

    /// Whether pictures are read again in every epoch.
    static func isStreamed(_ phase: ModelPlan.Phase, count: Int, memoryLimit: Int) -> Bool {
        !phase.augmentation.isEmpty || !phase.training.mixing.isEmpty
            || !fitsMemory(phase, count: count, memoryLimit: memoryLimit)
    }

    private static func fitsMemory(_ phase: ModelPlan.Phase, count: Int, memoryLimit: Int) -> Bool {
        count <= memoryLimit / (4 * max(1, phase.suffix.inputShape.reduce(1, *)))
    }

    // MARK: features

    /// What computes a phase's features; without a phase, what only looks whether pictures can be read.
    /// - Parameter count: of the pictures, which decides whether features are kept on disk.
    package static func extractor(
        _ phase: ModelPlan.Phase?, _ plan: ModelPlan, count: Int, changed: StateDict,
        _ configuration: TrainingConfiguration, _ surroundings: RunSurroundings
    ) throws(GraftError) -> FeatureExtractor {
        let prefix = phase?.prefix
        let names = prefix?.parameters.map(\.name) ?? []
        let weights = plan.base.tensors.overlaid(by: changed)
        var sha256 = plan.base.sha256
        if names.contains(where: { changed[$0] != nil }) {
            let own = Set(names)
            sha256 = weights.renamed { own.contains($0) ? $0 : nil }.weightsSHA256
        }
        var size = 0
        if let prefix { size = try prefix.shapes(input: prefix.inputShape).last?.reduce(1, *) ?? 1 }
        let isKept = configuration.cache && count <= diskLimit / (4 * max(1, size))
        return try FeatureExtractor(
            prefix: prefix, weights: weights, weightsSHA256: sha256, preprocessing: plan.preprocessing,
            cache: isKept ? surroundings.cacheDirectory : nil, quantization: plan.frozenLayers.plan.quantization,
            precision: plan.frozenLayers.plan.precision)
    }

    /// What the frozen layers make of pictures that are known.
    private static func features(
        of items: [PictureSets.Item], for phase: ModelPlan.Phase, _ survey: Survey, changed: StateDict,
        _ surroundings: RunSurroundings
    ) throws(GraftError) -> LabeledFeatures {
        let extractor = try extractor(
            phase, survey.plan, count: items.count, changed: changed, survey.configuration, surroundings)
        let extraction = try extractor.extract(
            items.map { FeatureExtractor.Item(path: $0.picture.path, digest: $0.digest) }, isStrict: true,
            pictures: survey.pictures, threads: surroundings.threads, ranks: surroundings.ranks,
            interrupter: surroundings.interrupter
        ) { surroundings.tell(.features($0)) }
        if let index = items.indices.first(where: { items[$0].digest != extraction.digests[$0] }) {
            throw GraftError(
                .invalidData, "the picture has changed since the run began", file: items[index].picture.path)
        }
        return try features(extraction.rows.map { $0 ?? [] }, survey.scaled(items), shape: extractor.shape)
    }

    /// Rows of features and the targets of their pictures.
    static func features(
        _ rows: [[Float]], _ targets: Targets, shape: [Int]
    ) throws(GraftError) -> LabeledFeatures {
        LabeledFeatures(
            features: try Tensor(shape: [rows.count] + shape, elements: Array(rows.joined())), targets: targets)
    }
}
