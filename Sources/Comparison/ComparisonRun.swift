import Data
import Engine
package import Inference
package import Insight
import Learning
import Numbers
import Runs
import Weights
package import Zoo

/// Compares backbones and heads on a folder of pictures; names and folders are checked when it is made.
package struct ComparisonRun: Sendable {
    /// What happens meanwhile.
    package enum Event: Sendable {
        /// Weights are downloaded.
        case download(WeightProgress)
        /// A backbone's features are computed, or found.
        case features(backbone: String, FeatureProgress)
        /// A backbone's heads are made: how many, of how many.
        case heads(backbone: String, done: Int, total: Int)
        /// What a person should know.
        case note(String)
    }

    /// Of the training folder and of the test folder; nothing learns from the latter.
    private let train: ImageFolder
    private let test: ImageFolder?
    private let trials: [ModelTrial]
    private let registry: Registry
    private let threads: Int?
    private let cacheDirectory: String

    /// - Parameters:
    ///   - data: a folder with a folder of pictures for each class.
    ///   - test: pictures to count, in folders of the same names; nil to count the pictures of `data` in five folds.
    ///   - backbones: `name` or `name/entry` of the registry.
    ///   - heads: their kinds.
    ///   - threads: nil for `GRAFT_THREADS`, or else the number of processors.
    ///   - cacheDirectory: where features are kept; nil for Graft's own place.
    /// - Throws: `GraftError` `.unknownName` with the nearest name, before any folder is read; `.invalidData` for folders
    ///   that cannot be compared on.
    package init(
        _ data: String, test: String? = nil, backbones: [String], heads: [String], registry: Registry,
        threads: Int? = nil, cacheDirectory: String? = nil
    ) throws(GraftError) {
        guard !backbones.isEmpty, !heads.isEmpty else {
            throw GraftError(.invalidValue, "nothing to compare", expected: "a backbone and a head")
        }
        // Whatever the number of classes: a wrong name is told before folders are read.
        for name in backbones {
            for head in heads { _ = try ModelTrial(name, head: head, classes: 2, pictures: 1, registry: registry) }
        }
        if let test { try ImageFolder.refuseLeak(train: data, test: test) }
        train = try ImageFolder(path: data)
        _ = try train.labels(for: "graft compare")
        let classes = train.classes
        guard classes.count > 1 else {
            throw GraftError(
                .invalidData, "there is nothing to tell apart", file: data, expected: "at least 2 classes",
                found: "\(classes.count)")
        }
        self.test = try test.map { path throws(GraftError) in try ImageFolder(path: path, testing: classes) }
        if let test = self.test { try train.refuseLeak(to: test) }
        var trials: [ModelTrial] = []
        for name in backbones {
            for head in heads {
                trials.append(
                    try ModelTrial(
                        name, head: head, classes: classes.count, pictures: train.pictures.count, registry: registry))
            }
        }
        self.trials = trials
        self.registry = registry
        self.threads = threads
        self.cacheDirectory = cacheDirectory ?? CacheDirectory().path
    }

    /// Runs to the end on this thread.
    /// - Parameter tell: called one at a time, on different threads.
    /// - Throws: `GraftError`: weights that cannot be had, too few pictures that can be read.
    package func run(
        _ tell: @escaping @Sendable (Event) -> Void = { _ in }
    ) throws(GraftError) -> ModelComparison {
        for note in train.notes + (test?.notes ?? []) { tell(.note(note)) }
        var candidates: [ModelComparison.Candidate] = []
        var pictures: ComparedPictures?
        var start = 0
        while start < trials.count {
            let backbone = trials[start].reference
            let trials = trials[start...].prefix { $0.reference == backbone }
            start = trials.endIndex
            let surroundings = RunSurroundings(
                threads: threads, cacheDirectory: cacheDirectory, interrupter: Interrupter()
            ) { event in
                switch event {
                case .download(let progress): tell(.download(progress))
                case .features(let progress): tell(.features(backbone: backbone, progress))
                case .epoch, .outline, .phase, .pictures, .skipped, .weights, .note, .trial, .decision, .solving,
                    .choice,
                    .mistakes, .finished:
                    break
                }
            }
            guard let first = trials.first else { continue }
            let base = try first.base(registry, surroundings)
            for note in base.notes { tell(.note(note)) }
            let extraction = try first.features(
                of: train.pictures + (test?.pictures ?? []), base, surroundings)
            // Copies are found by the first backbone's features.
            let read: ComparedPictures
            if let pictures {
                read = pictures
            } else {
                read = try ComparedPictures(train, test, extraction, threads: threads)
            }
            // The first backbone decides which pictures can be read: all are compared on the same.
            try read.check(train)
            pictures = read
            let cost = try first.milliseconds(base, threads: threads)
            for (done, trial) in trials.enumerated() {
                tell(.heads(backbone: backbone, done: done, total: trials.count))
                let scores = try trial.scores(read, extraction, base, classes: train.classes, surroundings)
                candidates.append(
                    ModelComparison.Candidate(
                        backbone: trial.model.backbone.name, weights: base.name, head: trial.head,
                        milliseconds: cost, megabytes: try trial.megabytes,
                        isRight: read.isRight(scores, classes: train.classes.count)))
            }
            tell(.heads(backbone: backbone, done: trials.count, total: trials.count))
        }
        return ModelComparison(
            candidates, method: test.map { .test($0.path) } ?? .folds(pictures?.folds.count ?? 0),
            classes: train.classes, skipped: pictures?.skipped ?? [])
    }
}
