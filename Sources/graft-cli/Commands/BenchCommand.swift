import ArgumentParser
import Data
import Engine
import Exchange
import Graft
import Images
import Inference
import Zoo

struct BenchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: "Measure how fast a network runs on this machine.",
        discussion: """
            Times are milliseconds an image. Weights that are not on this machine are replaced by random ones: the time is
            the same.

            PEAK is the share of the multiply-adds that this processor can do, MEMORY the share of the bandwidth that the
            network would take if no cache helped: far below 100 %, memory does not matter. Both limits are measured
            first, in about a tenth of a second, on the same threads with the same instructions: multiply-adds between
            registers (of 8 bits or bfloat16 where the network computes in these), and a sum over 128 MB.

            With --pipeline, where a picture's time goes from its file to the answer: one picture at a time, and then one
            on each thread, so that reading, decoding and computing of different pictures overlap. Without pictures, some
            of 512x384 are drawn for it.

            With --train, what a training step takes: forward, backward and Adam, with random numbers for pictures. --freeze
            says which layers stay, as train.freeze in a configuration does.

            EXAMPLES:
              graft bench efficientnet_b0
              graft bench efficientnet_lite0 --batch 1,8,32 --threads 2 --json
              graft bench resnet18 --layers
              graft bench efficientnet_b0 --size 225x301 --batch 3
              graft bench --pipeline
              graft bench runs/food/model.npz holiday/ --pipeline
              graft bench efficientnet_b0 --train --freeze stages=2
            """)

    @Argument(help: "A registered backbone, or a model file.", completion: .file())
    var model = "efficientnet_b0"

    @Argument(help: "With --pipeline: pictures, or folders of pictures.", completion: .file())
    var pictures: [String] = []

    @Option(
        help: ArgumentHelp(
            "Images in a run; several with commas. Default: 1,8,32, with --train 32.", valueName: "1,8,32"))
    var batch: BatchSizes?

    @Option(help: "Threads. Default: GRAFT_THREADS, else the processors.")
    var threads: Int?

    @Option(help: "The picture's height and width, as HxW. Default: what the weights were trained on.")
    var size: PictureSize?

    @Option(help: "Seconds to measure each figure for.")
    var seconds = 2.0

    @Flag(help: "Also the time of every step of the plan, for one image.")
    var layers = false

    @Flag(help: "Where a picture's time goes from its file to the answer.")
    var pipeline = false

    @Flag(help: "What a training step takes.")
    var train = false

    @Option(
        help: ArgumentHelp(
            "With --train: none, backbone, or stages=N for all but the last N stages. Default: none.",
            valueName: "stages=N"))
    var freeze: FreezeArgument?

    @OptionGroup var decoding: DecodingOptions

    @OptionGroup var precision: PrecisionOption

    @Flag(help: "With --json: also what the network answers to the first image.")
    var logits = false

    @Flag(help: "One JSON document on standard output.")
    var json = false

    func validate() throws {
        guard (0.01...3600).contains(seconds) else { throw ValidationError("--seconds must be from 0.01 to 3600.") }
        guard json || !logits else { throw ValidationError("--logits needs --json.") }
        guard pipeline || pictures.isEmpty else { throw ValidationError("Pictures need --pipeline.") }
        guard pipeline || !decoding.fastDecode else { throw ValidationError("--fast-decode needs --pipeline.") }
        guard !pipeline || (size == nil && !layers && !logits) else {
            throw ValidationError("--pipeline goes without --size, --layers and --logits.")
        }
        guard !train || precision.precision == nil else { throw ValidationError("--train goes without --precision.") }
        guard train || freeze == nil else { throw ValidationError("--freeze needs --train.") }
        guard !train || (!pipeline && !layers && !logits) else {
            throw ValidationError("--train goes without --pipeline, --layers and --logits.")
        }
    }

    func run() throws {
        switch (train, pipeline) {
        case (true, _): try runTraining()
        case (_, true): try runPipeline()
        default: try runNetwork()
        }
    }

    private func runTraining() throws {
        let registry = try Registry.builtIn()
        let argument = try ModelArgument(model, registry: registry)
        let description = try argument.description(registry: registry)
        let graph = try description.graph(imageSize: size?.extent)
        let figures = try TrainingFigures(
            backbone: description.backbone.name, graph: graph,
            weights: Initializer(seed: 0).fill(graph, from: try argument.weightsHere(registry: registry)),
            freeze: freeze?.settings ?? .none, batches: batch?.values ?? [32], seconds: seconds,
            threads: try ThreadPool.count(threads), isa: try KernelSet.chosen().name)
        if json { try JSONOutput.show(figures.document) } else { figures.show() }
    }

    private func runNetwork() throws {
        let registry = try Registry.builtIn()
        let argument = try ModelArgument(model, registry: registry)
        let description = try argument.description(registry: registry)
        let graph = try description.graph()
        let weights = Initializer(seed: 0).fill(graph, from: try argument.weightsHere(registry: registry))
        let found = try computing(argument, graph, weights)
        let plan = try InferencePlan(
            graph, weights: weights, imageSize: size?.extent, threads: threads, quantization: found.quantization,
            precision: found.precision)
        let peak = try MachinePeak.measure(threads: plan.threads, of: found.numbers)
        let bench = NetworkBench(plan: plan, peak: peak, seconds: seconds, answers: logits)
        let figures = NetworkBench.Figures(
            backbone: description.backbone.name, threads: plan.threads, isa: try KernelSet.chosen().name,
            input: plan.inputShape, multiplyAdds: plan.multiplyAdds, peakGflops: peak.gigaflops,
            precision: found.choice.rawValue,
            memoryGbps: peak.gigabytesPerSecond, results: try (batch?.values ?? [1, 8, 32]).map(bench.measure(batch:)),
            layers: layers ? try bench.layers() : nil)
        if json { try JSONOutput.show(figures.document) } else { figures.show() }
    }

    private func computing(
        _ argument: ModelArgument, _ graph: Graph, _ weights: StateDict
    ) throws -> PrecisionChoice.Found {
        let quantization = try argument.quantization()
        if precision.precision == nil, quantization == nil {
            let own = try argument.precision(of: graph)
            return .init(choice: own == .float32 ? .float32 : .bfloat16, quantization: nil, precision: own)
        }
        return try (precision.precision ?? (quantization == nil ? .float32 : .int8)).resolved(
            graph: graph, weights: weights, sha256: weights.weightsSHA256, quantization: quantization,
            threads: threads, name: model)
    }

    private func runPipeline() throws {
        let registry = try Registry.builtIn()
        // `graft bench --pipeline photos/`: what is a picture or a folder is no model.
        let modelIsPicture = PictureList.isPictureOrFolder(model)
        let argument = try ModelArgument(modelIsPicture ? "efficientnet_b0" : model, registry: registry)
        let named = modelIsPicture ? [model] + pictures : pictures
        let description = try argument.description(registry: registry)
        let preprocessing = try argument.preprocessing(registry: registry)
        let graph = try description.graph(imageSize: Extent(preprocessing.crop))
        let weights = Initializer(seed: 0).fill(graph, from: try argument.weightsHere(registry: registry))
        let drawn = named.isEmpty ? try DrawnPictures() : nil
        let found = try computing(argument, graph, weights)
        let timing = try PipelineTiming.measure(
            try drawn?.paths ?? PictureList.expand(named), graph: graph, weights: weights,
            preprocessing: preprocessing, decoding: decoding.decoding, seconds: seconds, threads: threads,
            quantization: found.quantization, precision: found.precision)
        for file in timing.skipped { Terminal.complain("skipped \(file.path): \(file.reason)", .bad) }
        let figures = PipelineFigures(
            timing: timing, backbone: description.backbone.name, isa: try KernelSet.chosen().name, drawn: drawn != nil)
        if json { try JSONOutput.show(figures.document) } else { figures.show() }
    }
}

extension PrecisionChoice.Found {
    /// What most of its multiply-adds are of.
    fileprivate var numbers: MachinePeak.Numbers {
        quantization != nil ? .int8 : precision == .bfloat16 ? .bfloat16 : .float32
    }
}

/// `1,8,32`
struct BatchSizes: ExpressibleByArgument {
    let values: [Int]

    init?(argument: String) {
        let parts = argument.split(separator: ",", omittingEmptySubsequences: false)
        let numbers = parts.compactMap { Int($0) }
        guard !parts.isEmpty, numbers.count == parts.count, numbers.allSatisfy({ (1...4096).contains($0) }) else {
            return nil
        }
        values = numbers
    }
}
