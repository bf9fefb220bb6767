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
    static func json(_ record: EpochRecord) throws(GraftError) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        do {
            return String(decoding: try encoder.encode(record), as: UTF8.self)
        } catch {
            throw GraftError(.diverged, "an epoch's figures are not finite numbers", member: "epoch \(record.epoch)")
        }
    }

    /// What a model file says about how good it is. No times: equal runs give equal files.
    static func metrics(_ model: FinishedModel) -> [String: OptionValue] {
        func figures(_ evaluation: Evaluation) -> OptionValue {
            var map: [String: OptionValue] = [
                "correct": .number(Double(evaluation.correct)), "total": .number(Double(evaluation.total)),
                "interval_95": .list([.number(evaluation.interval.lower), .number(evaluation.interval.upper)]),
            ]
            if let loss = evaluation.loss { map["loss"] = .number(loss) }
            return .map(map)
        }
        var result: [String: OptionValue] = [
            "epochs": .number(Double(model.history.count)), "kept_epoch": .number(Double(model.keptEpoch)),
            "train": figures(model.train.evaluation),
        ]
        if let test = model.test { result["test"] = figures(test.evaluation) }
        return result
    }

    /// What is known of the model before it is trained.
    func metadata(_ plan: ModelPlan, classes: [String]) -> ModelMetadata {
        return ModelMetadata(
            backbone: plan.model.backbone.name, pooling: plan.model.pooling.rawValue,
            head: ModelMetadata.Head(kind: type(of: plan.model.head).kind, options: plan.model.head.options),
            classes: classes, preprocessing: plan.preprocessing, licence: plan.base.licence,
            source: "\(plan.isHeadOnly ? "a new head trained" : "fine-tuned") with Graft on: \(plan.base.source)",
            base: ModelMetadata.Base(name: plan.base.name, sha256: plan.base.sha256),
            configuration: configuration.text, seed: Int(exactly: configuration.train.seed))
    }

    /// The whole model, frozen or trained.
    func writeModel(_ model: FinishedModel, _ plan: ModelPlan, to output: OutputDirectory) throws {
        var metadata = metadata(plan, classes: model.classes)
        metadata.metrics = Self.metrics(model)
        metadata.featureMean = model.featureMean
        metadata.probe = try Probe.record(of: plan.model, weights: model.weights, preprocessing: plan.preprocessing)
        do {
            // Weights hardly shrink, and the highest levels take seconds for a per cent.
            try NPZ.write(model.weights, metadata: metadata, to: output.stagedPath("model.npz"), level: 1)
        } catch {
            throw output.named(error, "model.npz")
        }
    }

    /// The page and its curves.
    func writeReport(
        _ model: FinishedModel, _ plan: ModelPlan, _ sets: PictureSets, _ folder: ImageFolder, clock: PhaseClock,
        to output: OutputDirectory
    ) throws {
        let kept = configuration.train.earlyStopping == nil ? nil : model.keptEpoch
        let answers = model.test ?? model.train
        let shown = try ReportPictures(
            items: model.test == nil ? sets.train : sets.test, logits: answers.logits, classes: model.classes)
        var report = TrainingReport(evaluation: answers.evaluation, isTested: model.test != nil)
        report.backbone = plan.model.backbone.name
        report.trainFolder = folder.path
        report.epochs = model.history
        report.outline = model.outline
        report.keptEpoch = kept
        report.trainImages = sets.train.count
        report.mistakes = shown.mistakes(limit: 12)
        report.successes = shown.successes(limit: 8)
        report.skipped = sets.skipped
        report.notes = sets.notes
        report.seconds = clock.total
        report.sample = SampleMark.text(for: folder.path)
        report.configuration = configuration.text
        report.timing = clock.phases.map { .init($0.name, NumberText.duration($0.seconds)) }
        report.provenance = provenance(plan, folder)
        try output.write(
            CurvesFigure(epochs: model.history, keptEpoch: kept, outline: model.outline).svg, to: "curves.svg")
        try output.write(report.html, to: "report.html")
    }

    private func provenance(_ plan: ModelPlan, _ folder: ImageFolder) -> [TrainingReport.Fact] {
        let prepared = plan.preprocessing
        let settings = configuration.train
        let kernels = (try? KernelSet.chosen().name).map { "\($0) kernels" } ?? "unknown kernels"
        let options = OptionValue.map(plan.model.head.options)
        let head = plan.parts.parts.last.map { $0.parameters.reduce(0) { $0 + ($1.role.isLearnt ? $1.count : 0) } } ?? 0
        return [
            .init(
                "Backbone",
                "\(plan.model.backbone.name), \(plan.isHeadOnly ? "frozen" : "fine-tuned"), pooling \(plan.model.pooling.rawValue)"
            ),
            .init("Weights", "\(plan.base.name) (\(plan.base.origin))"),
            .init("SHA-256 of the weights", plan.base.sha256, isCode: true),
            .init("Licence of the weights", plan.base.licence),
            .init("Published by", plan.base.source),
            .init("Head", "\(type(of: plan.model.head).kind) \(options), \(head) parameters"),
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
