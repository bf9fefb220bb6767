import Learning
import RunConfiguration
import Data
import Engine
import Exchange
import Inference
import Insight
import Objectives
import Report
import Weights
import Zoo

/// What a run leaves beside its log: the model, the report and its curves, the configuration. Made from what came before;
/// nothing is computed here.
struct RunFiles {
    let survey: Survey
    let model: FinishedModel
    /// Nil for `GRAFT_THREADS`, or else the number of processors.
    let threads: Int?

    private var plan: ModelPlan { model.plan }
    private var configuration: TrainingConfiguration { survey.configuration }

    /// What a model file says about how good it is. No times: equal runs give equal files.
    private var metrics: [String: OptionValue] {
        func figures(_ assessment: Assessment) -> OptionValue {
            var map: [String: OptionValue] = ["total": .number(Double(assessment.total))]
            if let correct = assessment.correct, let interval = assessment.interval {
                map["correct"] = .number(Double(correct))
                map["interval_95"] = .list([.number(interval.lower), .number(interval.upper)])
            }
            if let loss = assessment.loss { map["loss"] = .number(loss) }
            switch assessment {
            case .classes: break
            case .labels(let figures): map["mean_average_precision"] = figures.meanAveragePrecision.map { .number($0) }
            case .values(let figures):
                for score in figures.perValue {
                    map[score.name] = .map(
                        ["mae": .number(score.meanAbsoluteError)].merging(
                            score.r2.map { ["r2": .number($0)] } ?? [:]
                        ) { $1 })
                }
            }
            return .map(map)
        }
        var result: [String: OptionValue] = [
            "epochs": .number(Double(model.history.count)), "kept_epoch": .number(Double(model.keptEpoch)),
            "train": figures(model.train.assessment),
        ]
        if let choice = model.choice { result[choice.option] = .number(choice.chosen) }
        if let test = model.test { result["test"] = figures(test.assessment) }
        return result
    }

    /// The whole model, frozen or trained.
    /// - Throws: `GraftError` `.unwritable`
    func writeModel(to output: OutputDirectory) throws(GraftError) {
        var metadata = survey.with(plan).metadata
        metadata.metrics = metrics
        metadata.featureMean = plan.model.pooling == .positions ? nil : model.featureMean
        metadata.temperature = model.confidence.flatMap { $0.temperature.reason == nil ? $0.temperature.value : nil }
        metadata.thresholds = model.thresholds
        metadata.noneOfThese = model.confidence?.strangers?.score.stored
        try plan.frozenLayers.describe(&metadata, cut: plan.phases.last?.cut, of: plan.graph)
        metadata.probe = try Probe.record(
            of: plan.model, weights: model.weights, preprocessing: plan.preprocessing,
            threads: threads, quantization: metadata.quantization)
        do throws(GraftError) {
            // Weights hardly shrink, and the highest levels take seconds for a per cent.
            try NPZ.write(model.weights, metadata: metadata, to: output.stagedPath("model.npz"), level: 1)
        } catch {
            throw output.named(error, "model.npz")
        }
    }

    /// The page and its curves.
    func writeReport(clock: PhaseClock, to output: OutputDirectory) throws(GraftError) {
        let kept = configuration.train.earlyStopping == nil ? nil : model.keptEpoch
        let answers = model.test ?? model.train
        let looks =
            configuration.insight
            ? LookedAt(
                plan.graph, weights: model.weights, preprocessing: plan.preprocessing,
                threads: (try? ThreadPool.count(threads)) ?? 1) : nil
        let shown = try ReportPictures(
            items: (model.test == nil ? survey.sets.train : survey.sets.test).map(\.picture), outputs: answers.logits,
            assessment: answers.assessment, classes: model.classes,
            looks: looks, threads: threads)
        var report = TrainingReport(assessment: answers.assessment, isTested: model.test != nil)
        report.names = model.classes
        report.pairs = shown.pairs
        report.backbone = plan.model.backbone.name
        report.trainFolder = survey.folder
        report.epochs = model.history
        report.outline = model.outline
        report.choice = model.choice
        report.decision = model.decision
        report.paired = model.paired
        report.keptEpoch = kept
        report.trainImages = survey.sets.train.count
        report.mistakes = shown.mistakes(limit: 60)
        report.successes = shown.successes(limit: 8)
        report.skipped = survey.sets.skipped
        report.notes = survey.sets.notes
        report.seconds = clock.total
        report.sample = SampleMark.text(for: survey.folder)
        report.configuration = configuration.text
        report.timing = clock.phases.map { .init($0.name, NumberText.duration($0.seconds)) }
        report.provenance = provenance
        report.calibration = model.confidence?.calibration
        report.strangers = model.confidence?.strangers
        report.findings = model.findings.map { FindingsSection($0.report, threads: threads) }
        report.learningCurve = model.findings?.curve
        try output.write(report.curvesFigure.svg, to: "curves.svg")
        try output.write(report.html, to: "report.html")
    }

    private var provenance: [TrainingReport.Fact] {
        let prepared = plan.preprocessing
        let settings = configuration.train
        let kernels = (try? KernelSet.chosen().name).map { "\($0) kernels" } ?? "unknown kernels"
        let options = OptionValue.map(plan.model.head.options)
        let head = plan.parts.parts.last.map { $0.parameters.reduce(0) { $0 + ($1.role.isLearnt ? $1.count : 0) } } ?? 0
        return [
            .init(
                "Backbone",
                "\(plan.model.backbone.name), \(plan.isHeadOnly ? "frozen" : "fine-tuned"), pooling \(plan.model.pooling.rawValue)"
                    + (plan.frozenLayers.choice == .float32 || plan.phases.last?.cut == nil
                        ? "" : ", frozen layers in \(plan.frozenLayers.choice.rawValue)")
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
            .init("Training pictures", survey.folder.shown),
            .init(
                "Test pictures",
                configuration.data.test?.shown
                    ?? "\(NumberText.percent(configuration.data.split, digits: 0)) of them, held out"),
            .init("Seed", "\(settings.seed)"),
            .init("Graft", "\(Version.current), \(kernels)"),
        ]
    }
}
