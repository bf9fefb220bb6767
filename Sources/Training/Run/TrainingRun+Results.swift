import Engine
import Exchange
import Weights
import Zoo

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

extension TrainingRun {
    /// A record as one line, keys sorted.
    static func json(_ record: EpochRecord) throws(TrainingError) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        do {
            return String(decoding: try encoder.encode(record), as: UTF8.self)
        } catch {
            throw TrainingError(.diverged, "an epoch's figures are not finite numbers", member: "epoch \(record.epoch)")
        }
    }

    /// What a model file says about how good it is. No times: equal runs give equal files.
    static func metrics(_ head: TrainedHead, train: Evaluation, test: Evaluation?) -> [String: OptionValue] {
        func figures(_ evaluation: Evaluation) -> OptionValue {
            var map: [String: OptionValue] = [
                "correct": .number(Double(evaluation.correct)), "total": .number(Double(evaluation.total)),
                "interval_95": .list([.number(evaluation.interval.lower), .number(evaluation.interval.upper)]),
            ]
            if let loss = evaluation.loss { map["loss"] = .number(loss) }
            return .map(map)
        }
        var result: [String: OptionValue] = [
            "epochs": .number(Double(head.history.count)), "kept_epoch": .number(Double(head.bestEpoch)),
            "train": figures(train),
        ]
        if let test { result["test"] = figures(test) }
        return result
    }

    /// The whole model: frozen backbone and trained head.
    func writeModel(
        _ head: TrainedHead, _ plan: Plan, featureMean: [Float], train: Evaluation, test: Evaluation?,
        to output: OutputDirectory
    ) throws {
        let trained = head.weights
        var weights = StateDict()
        for parameter in plan.graph.parameters {
            weights[parameter.name] = trained[parameter.name] ?? plan.base.tensors[parameter.name]
        }
        let metadata = ModelMetadata(
            backbone: plan.model.backbone.name, pooling: plan.model.pooling.rawValue,
            head: ModelMetadata.Head(kind: type(of: plan.model.head).kind, options: plan.model.head.options),
            classes: head.classes, preprocessing: plan.preprocessing, licence: plan.base.licence,
            source: "a new head trained with Graft on: \(plan.base.source)",
            base: ModelMetadata.Base(name: plan.base.name, sha256: plan.base.sha256),
            configuration: configuration.text, seed: Int(exactly: configuration.train.seed),
            metrics: Self.metrics(head, train: train, test: test), featureMean: featureMean,
            probe: try Probe.record(of: plan.model, weights: weights, preprocessing: plan.preprocessing))
        do {
            // Weights hardly shrink, and the highest levels take seconds for a per cent.
            try NPZ.write(weights, metadata: metadata, to: output.stagedPath("model.npz"), level: 1)
        } catch {
            throw output.named(error, "model.npz")
        }
    }

    /// The page and its curves.
    func writeReport(
        _ head: TrainedHead, _ plan: Plan, _ pictures: Pictures, _ folder: ImageFolder, train: Evaluation,
        test: Evaluation?, clock: PhaseClock, to output: OutputDirectory
    ) throws {
        let kept = configuration.train.earlyStopping == nil ? nil : head.bestEpoch
        let shown = try ReportPictures(
            items: test == nil ? pictures.trainItems : pictures.testItems,
            logits: try head.logits(of: (pictures.test ?? pictures.train).features), classes: head.classes)
        var report = TrainingReport(evaluation: test ?? train, isTested: test != nil)
        report.backbone = plan.model.backbone.name
        report.trainFolder = folder.path
        report.epochs = head.history
        report.keptEpoch = kept
        report.trainImages = pictures.train.count
        report.mistakes = shown.mistakes(limit: 12)
        report.successes = shown.successes(limit: 8)
        report.skipped = pictures.skipped
        report.notes = pictures.notes
        report.seconds = clock.total
        report.sample = SampleMark.text(for: folder.path)
        report.configuration = configuration.text
        report.timing = clock.phases.map { .init($0.name, NumberText.duration($0.seconds)) }
        report.provenance = provenance(plan, folder)
        try output.write(CurvesFigure(epochs: head.history, keptEpoch: kept).svg, to: "curves.svg")
        try output.write(report.html, to: "report.html")
    }

    private func provenance(_ plan: Plan, _ folder: ImageFolder) -> [TrainingReport.Fact] {
        let prepared = plan.preprocessing
        let settings = configuration.train
        let kernels = (try? KernelSet.chosen().name).map { "\($0) kernels" } ?? "unknown kernels"
        let options = OptionValue.map(plan.model.head.options)
        return [
            .init("Backbone", "\(plan.model.backbone.name), frozen, pooling \(plan.model.pooling.rawValue)"),
            .init("Weights", "\(plan.base.name) (\(plan.base.origin))"),
            .init("SHA-256 of the weights", plan.base.sha256, isCode: true),
            .init("Licence of the weights", plan.base.licence),
            .init("Published by", plan.base.source),
            .init("Head", "\(type(of: plan.model.head).kind) \(options), \(plan.suffix.parameterCount) parameters"),
            .init(
                "Pictures",
                "shorter side \(prepared.resize) pixels (\(prepared.interpolation.rawValue)), centre \(prepared.crop)x\(prepared.crop)"
            ),
            .init("Training pictures", folder.path),
            .init(
                "Test pictures",
                configuration.data.test
                    ?? "\(NumberText.percent(configuration.data.split, digits: 0)) of them, held out"),
            .init("Seed", "\(settings.seed)"),
            .init("Graft", "\(Version.current), \(kernels)"),
        ]
    }
}
