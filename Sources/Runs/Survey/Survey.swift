import RunConfiguration
import Data
import Engine
import Images
import Inference
import Learning
import Objectives
import Zoo

/// What there is to learn from and with: pictures that can be read, divided; the model and how its phases divide it. The
/// first of a run's values.
struct Survey: Sendable {
    let configuration: TrainingConfiguration
    private(set) var plan: ModelPlan
    /// The same model with a head that is solved for, where a recipe may keep such a head.
    let solved: ModelPlan?
    /// The training folder as the user named it.
    let folder: String
    /// Names of classes, labels or values.
    let classes: [String]
    /// How numbers are learnt; nil for classes and labels, and where the last layer has no place for it.
    let scale: ValueScale?
    private(set) var sets: PictureSets
    /// Pictures that were decoded on the way, for those who need their pixels again.
    let pictures: PictureCache
    /// What a phase reads, where reading the pictures gave that too.
    private(set) var features: (phase: Int, train: LabeledFeatures, test: LabeledFeatures)?
    /// Of the pictures, how many the cache of features knew.
    let cached: Int

    /// Reads every picture once and divides them.
    /// - Parameters:
    ///   - phase: the one that is trained first; its features are computed on the way.
    ///   - changed: tensors that earlier phases have changed.
    /// - Throws: `GraftError` where a class has no picture that can be read; `.cancelled`.
    init(
        _ draft: RunDraft, _ plan: ModelPlan, for phase: ModelPlan.Phase, changed: StateDict,
        _ surroundings: RunSurroundings
    ) throws(GraftError) {
        configuration = draft.configuration
        self.plan = plan
        solved = try draft.solvedPlan(beside: plan)
        folder = draft.train.path
        classes = draft.train.classes
        let all = draft.train.pictures + (draft.test?.pictures ?? [])
        let isStreamed = PhaseInputs.isStreamed(phase, count: all.count, memoryLimit: surroundings.memoryLimit)
        // Pixels are worth keeping for those who will ask for them again.
        let pictures = PictureCache(
            limit: isStreamed || configuration.train.recipe != nil || Set(plan.phases.map(\.cut)).count > 1
                ? PictureCache.defaultLimit : 0)
        self.pictures = pictures
        let extractor = try PhaseInputs.extractor(
            isStreamed ? nil : phase, plan, count: all.count, changed: changed, configuration, surroundings)
        let extraction = try extractor.extract(
            all.map { FeatureExtractor.Item(path: $0.path) }, isStrict: configuration.strict, keepsRows: !isStreamed,
            pictures: pictures, threads: surroundings.threads, ranks: surroundings.ranks,
            interrupter: surroundings.interrupter
        ) { surroundings.tell(.features($0)) }
        extraction.skipped.forEach { surroundings.tell(.skipped($0)) }
        cached = extraction.cached

        func readable(_ pictures: [LabelledPicture], from start: Int) -> [Read] {
            pictures.enumerated().compactMap { index, picture in
                extraction.rows[start + index].map {
                    Read(item: .init(picture: picture, digest: extraction.digests[start + index]), row: $0)
                }
            }
        }
        var train = readable(draft.train.pictures, from: 0)
        var test = readable(draft.test?.pictures ?? [], from: draft.train.pictures.count)
        try Self.requirePictures(train.map(\.item), of: draft.train, extraction.skipped)
        if let folder = draft.test, test.isEmpty {
            throw GraftError(
                .invalidData, "no test picture can be read", file: folder.path, found: extraction.skipped.last?.reason)
        }
        var notes = draft.notes + draft.train.notes + (draft.test?.notes ?? []) + plan.base.notes
        if let note = plan.frozenLayers.note { notes.append(note) }
        if draft.test == nil {
            let held = Self.heldOut(train.map(\.item), draft, &notes)
            test = zip(train, held).filter { $0.1 }.map { $0.0 }
            train = zip(train, held).filter { !$0.1 }.map { $0.0 }
        }
        var held: [PictureSets.Item] = []
        if isStreamed || !plan.isHeadOnly {
            let chosen = Self.heldForThresholds(train.map(\.item), draft, &notes)
            held = zip(train, chosen).filter { $0.1 }.map { $0.0.item }
            train = zip(train, chosen).filter { !$0.1 }.map { $0.0 }
        }
        var sets = PictureSets(
            train: train.map(\.item), test: test.map(\.item), held: held, task: draft.train.task,
            classCount: classes.count, skipped: extraction.skipped, notes: notes)
        sets.notes += [sets.leaks, sets.contradictions].compactMap { $0 }
        if let problem = extraction.cacheProblem {
            sets.notes.append("features are not kept for the next run: \(problem)")
        }
        sets.notes.forEach { surroundings.tell(.note($0)) }
        self.sets = sets
        let scale = ValueScale(sets.targets(sets.train), lastLayerOf: plan.graph)
        self.scale = scale
        let targets = (train: sets.targets(sets.train, by: scale), test: sets.targets(sets.test, by: scale))
        features =
            isStreamed
            ? nil
            : (
                phase.number, try PhaseInputs.features(train.map(\.row), targets.train, shape: extractor.shape),
                try PhaseInputs.features(test.map(\.row), targets.test, shape: extractor.shape)
            )
    }

    var task: ModelTask { plan.task }

    /// What is to be learnt of some of the pictures, as the network is taught it.
    func scaled(_ items: [PictureSets.Item]) -> Targets { sets.targets(items, by: scale) }

    /// The same, with what is known of copies.
    func with(copies: [Int]) -> Survey {
        var survey = self
        survey.sets.copies = copies
        return survey
    }

    /// Some of the training pictures to learn from, others of them to test on.
    func part(train: [Int], test: [Int]) -> Survey {
        var part = self
        part.sets.train = train.map { sets.train[$0] }
        part.sets.test = test.map { sets.train[$0] }
        part.sets.copies = sets.copies.map { copies in train.map { copies[$0] } }
        part.features = nil
        return part
    }

    /// To ask about the pictures that nothing was learnt from.
    var ofHeld: Survey {
        var part = self
        part.sets.train = sets.held
        part.sets.test = []
        part.sets.copies = nil
        part.features = nil
        return part
    }

    /// The same pictures, and a plan with other phases.
    func with(_ phases: [ModelPlan.Phase]) -> Survey {
        var other = self
        other.plan.phases = phases
        return other
    }

    /// The same pictures, for another head.
    func with(_ plan: ModelPlan) -> Survey {
        var other = self
        other.plan = plan
        return other
    }

    private struct Read {
        let item: PictureSets.Item
        let row: [Float]
    }

    /// Every class and label needs a picture that can be read.
    private static func requirePictures(
        _ items: [PictureSets.Item], of folder: ImageFolder, _ skipped: [SkippedFile]
    ) throws(GraftError) {
        guard !items.isEmpty else {
            throw GraftError(
                .invalidData, "no picture can be read", file: folder.path, found: skipped.first?.reason)
        }
        let present = Targets(items.map(\.picture.target), task: folder.task, columns: folder.classes.count)
            .counts(folder.classes.count)
        guard let empty = present.firstIndex(of: 0) else { return }
        let path = folder.pictures.first { $0.target.has(empty) }?.path ?? folder.path
        throw GraftError(
            .invalidData, "no picture of \(folder.task.outputNoun) '\(folder.classes[empty])' can be read", file: path,
            found: skipped.first { $0.path == path }?.reason,
            remedy: folder.task == .classification
                ? "replace its pictures, or remove the class folder" : "replace its pictures, or remove the label")
    }

    /// - Returns: whether each picture is held out to choose thresholds by.
    private static func heldForThresholds(
        _ items: [PictureSets.Item], _ draft: RunDraft, _ notes: inout [String]
    ) -> [Bool] {
        let settings = draft.configuration.train
        let none = items.map { _ in false }
        guard draft.train.task == .multilabel, let fraction = settings.labelThresholds else { return none }
        let columns = draft.train.classes.count
        func targets(_ items: [PictureSets.Item]) -> Targets {
            Targets(items.map(\.picture.target), task: .multilabel, columns: columns)
        }
        var held = StratifiedSplit.heldOut(
            labels: targets(items).strata, digests: items.map(\.digest), fraction: fraction, seed: settings.seed)
        // Every label has to be learnt from some picture.
        for label in 0..<columns {
            let having = items.indices.filter { items[$0].picture.target.has(label) }
            if having.allSatisfy({ held[$0] }) { having.forEach { held[$0] = false } }
        }
        let chosen = zip(items, held).filter { $0.1 }.map { $0.0 }
        guard LabelThresholds.canChoose(by: targets(chosen), labels: columns) else {
            notes.append("too few pictures to choose by from which probability on a label is told: one half for all")
            return none
        }
        notes.append(
            "\(chosen.count) of \(NumberText.counted(items.count, "training picture")) only choose from which "
                + "probability on each label is told (\(NumberText.percent(fraction, digits: 0)), train.label_thresholds)"
        )
        return held
    }

    /// - Returns: whether each picture is held out to test on.
    private static func heldOut(
        _ items: [PictureSets.Item], _ draft: RunDraft, _ notes: inout [String]
    ) -> [Bool] {
        let (fraction, classes) = (draft.configuration.data.split, draft.train.classes)
        let held = StratifiedSplit.heldOut(
            labels: Targets(items.map(\.picture.target), task: draft.train.task, columns: classes.count).strata,
            digests: items.map(\.digest), fraction: fraction,
            seed: draft.configuration.train.seed)
        guard fraction > 0 else {
            notes.append("data.split is 0 and there is no data.test: nothing is known about new pictures")
            return held
        }
        let test = zip(items, held).filter { $0.1 }.map { $0.0 }
        notes.append(
            "\(NumberText.counted(test.count, "picture")) of \(items.count) held out for testing "
                + "(\(NumberText.percent(fraction, digits: 0))\(draft.train.task == .classification ? " of every class" : ""), "
                + "data.split)")
        let tested = Targets(test.map(\.picture.target), task: draft.train.task, columns: classes.count)
            .counts(classes.count)
        let without = test.isEmpty ? [] : classes.indices.filter { tested[$0] == 0 }.map { classes[$0] }
        if !without.isEmpty { notes.append("too few pictures to hold out any of \(ImageFolder.list(without))") }
        return held
    }
}

extension Target {
    /// Whether the class or label of that index is the picture's.
    fileprivate func has(_ index: Int) -> Bool {
        switch self {
        case .oneOf(let label): label == index
        case .labels(let labels): labels.contains(index)
        case .values: true
        }
    }
}
