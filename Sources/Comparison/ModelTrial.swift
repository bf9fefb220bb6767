import RunConfiguration
import Runs
import Data
import Engine
import Images
import Inference
import Learning
import Weights
import Zoo

/// One backbone with one head, to be compared with others.
struct ModelTrial: Sendable {
    /// As the user named the backbone.
    let reference: String
    /// The head's kind.
    let head: String
    let model: Model
    private let entry: String?

    /// - Parameter pictures: how many it is made of.
    /// - Throws: `GraftError` `.unknownName` with the nearest name; `.invalidValue` for a head that does not learn classes.
    init(_ reference: String, head kind: String, classes: Int, pictures: Int, registry: Registry) throws(GraftError) {
        self.reference = reference
        head = kind
        guard case .pretrained(let name, let entry) = ModelReference(reference) else {
            throw GraftError(
                .invalidValue, "not a registered backbone", parameter: "backbones", found: reference,
                remedy: "name one of those that graft models lists")
        }
        let backbone = try registry.backbone(name)
        self.entry = entry
        _ = try BaseChoice(entry, for: backbone)
        let head = try registry.head(kind, options: Options(), for: backbone)
        guard head.tasks.contains(.classification) else {
            throw GraftError(
                .invalidValue, "a '\(kind)' head does not tell classes apart", parameter: "heads", found: kind,
                remedy: "leave it out")
        }
        model = try Model(backbone: backbone, head: head.made(of: pictures), classes: classes)
    }

    private var settings: TrainerSettings { TrainerSettings() }

    func base(_ registry: Registry, _ surroundings: RunSurroundings) throws(GraftError) -> BaseWeights {
        try BaseWeights.resolve(
            entry, for: model.backbone, prefix: try model.graph().prefix(through: Model.pooledStage),
            seed: settings.seed, isPartial: false, registry: registry
        ) { surroundings.tell(.download($0)) }
    }

    private func plan(_ base: BaseWeights) throws(GraftError) -> ModelPlan {
        try ModelPlan(
            model: model, task: .classification, base: base, preprocessing: base.preprocessing, settings: settings)
    }

    /// The backbone's features, kept where `graft train` finds them.
    func features(
        of pictures: [LabelledPicture], _ base: BaseWeights, _ surroundings: RunSurroundings
    ) throws(GraftError) -> FeatureExtractor.Extraction {
        let plan = try plan(base)
        let extractor = try PhaseInputs.extractor(
            plan.phases[0], plan, count: pictures.count, changed: StateDict(), TrainingConfiguration(train: ""),
            surroundings)
        return try extractor.extract(
            pictures.map { FeatureExtractor.Item(path: $0.path) }, threads: surroundings.threads,
            interrupter: surroundings.interrupter
        ) { surroundings.tell(.features($0)) }
    }

    /// What heads say of pictures that they have not learnt, in the order of those counted: `[N, classes]`.
    func scores(
        _ pictures: ComparedPictures, _ extraction: FeatureExtractor.Extraction, _ base: BaseWeights,
        classes: [String], _ surroundings: RunSurroundings
    ) throws(GraftError) -> [Double] {
        let plan = try plan(base)
        let shape = plan.phases[0].suffix.inputShape
        func rows(_ indices: [Int]) throws(GraftError) -> Tensor {
            let values = indices.map { extraction.rows[$0] ?? [] }
            guard let empty = values.firstIndex(where: \.isEmpty) else {
                return try Tensor(shape: [indices.count] + shape, elements: Array(values.joined()))
            }
            throw GraftError(
                .invalidData, "picture \(indices[empty]) can be read for one backbone, and not for \(reference)",
                found: extraction.skipped.first?.description)
        }
        let heads = FoldHeads(
            plan: plan, settings: settings, classes: classes, epochs: settings.epochs, surroundings: surroundings)
        let known = LabeledFeatures(features: try rows(pictures.train), labels: pictures.labels)
        guard !pictures.test.isEmpty else { return try heads.scores(known, folds: pictures.folds) }
        return try heads.scores(of: try rows(pictures.test), learning: known)
    }

    /// All the model's weights, in units of 1,000,000 bytes.
    var megabytes: Double {
        get throws(GraftError) { Double(4 * (try model.graph().parameterCount)) / 1e6 }
    }

    /// What a picture takes, alone, in milliseconds: the fastest of at least five runs and of half a second,
    /// for what else the machine does is not the model's.
    func milliseconds(_ base: BaseWeights, threads: Int?) throws(GraftError) -> Double {
        let plan = try plan(base)
        let inference = try InferencePlan(
            plan.graph, weights: plan.weights(changed: StateDict(), seed: settings.seed), threads: threads)
        let picture = Tensor(shape: [1] + inference.inputShape)
        // The first run warms up caches and memory.
        _ = try inference.run(picture)
        var times: [Double] = []
        let start = ContinuousClock.now
        while times.count < 5 || (ContinuousClock.now - start) < .milliseconds(500) {
            let before = ContinuousClock.now
            _ = try inference.run(picture)
            times.append((ContinuousClock.now - before) / .milliseconds(1))
        }
        return times.min() ?? 0
    }
}
