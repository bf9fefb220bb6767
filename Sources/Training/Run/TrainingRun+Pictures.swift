import Engine
import Images
import Weights
import Zoo

extension TrainingRun {
    /// The pictures of a run, and what the phase that is trained first reads of them.
    struct Survey {
        let sets: PictureSets
        let inputs: PhaseInputs
        let cached: Int
        let total: Int
    }

    /// Reads every picture and divides them.
    /// - Parameters:
    ///   - phase: the first that is trained.
    ///   - changed: tensors that earlier phases have changed.
    func survey(
        _ folder: ImageFolder, _ testFolder: ImageFolder?, _ plan: ModelPlan, _ phase: ModelPlan.Phase,
        changed: StateDict, _ tell: @escaping @Sendable (TrainingEvent) -> Void
    ) throws -> Survey {
        let all = folder.pictures + (testFolder?.pictures ?? [])
        let isStreamed = isStreamed(phase, count: all.count)
        let extractor = try extractor(
            isStreamed ? nil : phase.prefix, plan, count: isStreamed ? 0 : all.count, changed: changed)
        let extraction = try extractor.extract(
            all.map(\.path), isStrict: configuration.strict, keepsRows: !isStreamed, threads: threads
        ) {
            tell(.features($0))
        }
        extraction.skipped.forEach { tell(.skipped($0)) }
        func readable(_ pictures: [LabelledPicture], from start: Int) -> [(item: PictureSets.Item, row: [Float])] {
            pictures.enumerated().compactMap { index, picture in
                extraction.rows[start + index].map {
                    (PictureSets.Item(picture: picture, digest: extraction.digests[start + index]), $0)
                }
            }
        }
        var train = readable(folder.pictures, from: 0)
        var test = readable(testFolder?.pictures ?? [], from: folder.pictures.count)
        try requirePictures(train.map(\.item), of: folder, extraction.skipped)
        if let testFolder, test.isEmpty {
            throw GraftError(
                .invalidData, "no test picture can be read", file: testFolder.path,
                found: extraction.skipped.last?.reason)
        }
        var notes = folder.notes + (testFolder?.notes ?? []) + plan.base.notes
        if testFolder == nil {
            let held = split(train.map(\.item), folder.classes, &notes)
            test = zip(train, held).filter(\.1).map(\.0)
            train = zip(train, held).filter { !$0.1 }.map(\.0)
        }
        var sets = PictureSets(
            train: train.map(\.item), test: test.map(\.item), classCount: folder.classes.count,
            skipped: extraction.skipped, notes: notes)
        sets.notes += [sets.leaks, sets.contradictions].compactMap { $0 }
        if let problem = extraction.cacheProblem {
            sets.notes.append("features are not kept for the next run: \(problem)")
        }
        sets.notes.forEach { tell(.note($0)) }
        let inputs =
            isStreamed
            ? try self.inputs(for: phase, plan, sets, changed: changed, tell)
            : try PhaseInputs(
                train: features(train.map(\.row), sets.train, shape: extractor.shape),
                test: features(test.map(\.row), sets.test, shape: extractor.shape))
        return Survey(sets: sets, inputs: inputs, cached: extraction.cached, total: all.count)
    }

    /// What a phase reads of pictures that are known.
    func inputs(
        for phase: ModelPlan.Phase, _ plan: ModelPlan, _ sets: PictureSets, changed: StateDict,
        _ tell: @escaping @Sendable (TrainingEvent) -> Void
    ) throws -> PhaseInputs {
        let items = sets.train + sets.test
        guard isStreamed(phase, count: items.count) else {
            let rows = try features(of: items, for: phase, plan, changed: changed, tell)
            return PhaseInputs(
                train: rows.part(0..<sets.train.count), test: rows.part(sets.train.count..<items.count))
        }
        let train = configuration.train
        let prefix = try phase.prefix.map {
            try InferencePlan($0, weights: plan.base.tensors.overlaid(by: changed), threads: threads)
        }
        func streamed(_ items: [PictureSets.Item], isRandom: Bool) -> StreamedPictures {
            StreamedPictures(
                items, classCount: sets.classCount,
                augmentation: isRandom ? configuration.data.augment : Augmentation(),
                mixing: isRandom ? train.mixing : Mixing(), preprocessing: plan.preprocessing, prefix: prefix,
                seed: train.seed, threads: threads)
        }
        let test: any BatchSource =
            fitsMemory(phase, count: sets.test.count)
            ? try features(of: sets.test, for: phase, plan, changed: changed, tell)
            : streamed(sets.test, isRandom: false)
        return PhaseInputs(
            train: streamed(sets.train, isRandom: true), plainTrain: streamed(sets.train, isRandom: false),
            test: sets.test.isEmpty ? nil : test)
    }

    /// What the frozen layers make of pictures that are known.
    private func features(
        of items: [PictureSets.Item], for phase: ModelPlan.Phase, _ plan: ModelPlan, changed: StateDict,
        _ tell: @escaping @Sendable (TrainingEvent) -> Void
    ) throws -> LabeledFeatures {
        let extractor = try extractor(phase.prefix, plan, count: items.count, changed: changed)
        let extraction = try extractor.extract(items.map(\.picture.path), isStrict: true, threads: threads) {
            tell(.features($0))
        }
        if let index = items.indices.first(where: { items[$0].digest != extraction.digests[$0] }) {
            throw GraftError(
                .invalidData, "the picture has changed since the run began", file: items[index].picture.path)
        }
        return try features(extraction.rows.map { $0 ?? [] }, items, shape: extractor.shape)
    }

    /// Whether pictures are read again in every epoch.
    func isStreamed(_ phase: ModelPlan.Phase, count: Int) -> Bool {
        !configuration.data.augment.isEmpty || !configuration.train.mixing.isEmpty || !fitsMemory(phase, count: count)
    }

    private func fitsMemory(_ phase: ModelPlan.Phase, count: Int) -> Bool {
        count <= memoryLimit / (4 * max(1, phase.suffix.inputShape.reduce(1, *)))
    }

    /// - Parameter count: of the pictures, which decides whether features are kept on disk.
    private func extractor(
        _ prefix: Graph?, _ plan: ModelPlan, count: Int, changed: StateDict
    ) throws -> FeatureExtractor {
        let names = prefix?.parameters.map(\.name) ?? []
        let weights = plan.base.tensors.overlaid(by: changed)
        var sha256 = plan.base.sha256
        if names.contains(where: { changed[$0] != nil }) {
            let own = Set(names)
            sha256 = weights.renamed { own.contains($0) ? $0 : nil }.weightsSHA256
        }
        let size = try prefix.map { try $0.shapes(input: $0.inputShape).last?.reduce(1, *) ?? 1 } ?? 0
        let isKept = configuration.cache && count <= PhaseInputs.diskLimit / (4 * max(1, size))
        return try FeatureExtractor(
            prefix: prefix, weights: weights, weightsSHA256: sha256, preprocessing: plan.preprocessing,
            cache: isKept ? cacheDirectory : nil)
    }

    private func features(
        _ rows: [[Float]], _ items: [PictureSets.Item], shape: [Int]
    ) throws(GraftError) -> LabeledFeatures {
        LabeledFeatures(
            features: try Tensor(shape: [rows.count] + shape, elements: Array(rows.joined())),
            labels: items.map(\.picture.label))
    }

    /// Every class needs a picture that can be read.
    private func requirePictures(
        _ items: [PictureSets.Item], of folder: ImageFolder, _ skipped: [SkippedFile]
    ) throws(GraftError) {
        let present = Set(items.map(\.picture.label))
        guard let empty = folder.classes.indices.first(where: { !present.contains($0) }) else { return }
        let path = folder.pictures.first { $0.label == empty }?.path ?? folder.path
        throw GraftError(
            .invalidData, "no picture of class '\(folder.classes[empty])' can be read", file: path,
            found: skipped.first { $0.path == path }?.reason, remedy: "replace its pictures, or remove the class folder"
        )
    }

    /// - Returns: whether each picture is held out to test on.
    private func split(_ items: [PictureSets.Item], _ classes: [String], _ notes: inout [String]) -> [Bool] {
        let fraction = configuration.data.split
        let held = StratifiedSplit.heldOut(
            labels: items.map(\.picture.label), digests: items.map(\.digest), fraction: fraction,
            seed: configuration.train.seed)
        guard fraction > 0 else {
            notes.append("data.split is 0 and there is no data.test: nothing is known about new pictures")
            return held
        }
        let test = zip(items, held).filter(\.1).map(\.0)
        notes.append(
            "\(counted(test.count, "picture")) of \(items.count) held out for testing "
                + "(\(NumberText.percent(fraction, digits: 0)) of every class, data.split)")
        let tested = Set(test.map(\.picture.label))
        let without = classes.indices.filter { !tested.contains($0) }.map { classes[$0] }
        if !without.isEmpty { notes.append("too few pictures to hold out any of \(ImageFolder.list(without))") }
        return held
    }
}

extension PhaseInputs {
    /// Features that were computed once.
    init(train: LabeledFeatures, test: LabeledFeatures) {
        self.init(train: train, plainTrain: train, test: test.count > 0 ? test : nil)
    }
}
