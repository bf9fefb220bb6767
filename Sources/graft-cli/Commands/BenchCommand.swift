import ArgumentParser
import Engine
import Graft
import Training
import Weights
import Zoo

struct BenchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: "Measure how fast a network runs on this machine.",
        discussion: """
            Times are milliseconds an image. Weights that are not on this machine are replaced by random ones: the time is
            the same.

            EXAMPLES:
              graft bench efficientnet_b0
              graft bench efficientnet_lite0 --batch 1,8,32 --threads 2 --json
              graft bench resnet18 --layers
              graft bench efficientnet_b0 --size 225x301 --batch 3
            """)

    @Argument(help: "A registered backbone, or a model file.")
    var model = "efficientnet_b0"

    @Option(help: ArgumentHelp("Images in a run; several with commas.", valueName: "1,8,32"))
    var batch: BatchSizes = BatchSizes(values: [1, 8, 32])

    @Option(help: "Threads. Default: GRAFT_THREADS, else the processors.")
    var threads: Int?

    @Option(help: "The picture's height and width, as HxW. Default: what the weights were trained on.")
    var size: PictureSize?

    @Option(help: "Seconds to measure each batch size for.")
    var seconds = 2.0

    @Flag(help: "Also the time of every step of the plan, for one image.")
    var layers = false

    @Flag(help: "With --json: also what the network answers to the first image.")
    var logits = false

    @Flag(help: "One JSON document on standard output.")
    var json = false

    func validate() throws {
        guard (0.01...3600).contains(seconds) else { throw ValidationError("--seconds must be from 0.01 to 3600.") }
        guard json || !logits else { throw ValidationError("--logits needs --json.") }
    }

    private struct Document: Encodable {
        struct Result: Encodable {
            let batch: Int
            let medianMs: Double
            let p5Ms: Double
            let p95Ms: Double
            let gflops: Double
            let runs: Int
            let logits: [Float]?
        }

        struct Step: Encodable {
            let name: String
            let kind: String
            let ms: Double
            let gflops: Double
        }

        let backbone: String
        let threads: Int
        let isa: String
        let input: [Int]
        let multiplyAdds: Int
        let results: [Result]
        let layers: [Step]?
    }

    func run() throws {
        let registry = try Registry.builtIn()
        let argument = try ModelArgument(model, registry: registry)
        let description = try argument.description(registry: registry)
        let graph = try description.graph()
        let weights = Initializer(seed: 0).fill(graph, from: try argument.weightsHere(registry: registry))
        let plan = try InferencePlan(graph, weights: weights, imageSize: size?.extent, threads: threads)
        var results: [Document.Result] = []
        for count in batch.values {
            let progress = ProgressLine("batch \(count)", unit: "runs")
            results.append(try measure(plan, batch: count, progress: progress))
            progress.finish()
        }
        let steps = layers ? try plan.timeSteps(Self.input(plan, 1)) : nil
        let document = Document(
            backbone: description.backbone.name, threads: plan.threads, isa: try KernelSet.chosen().name,
            input: plan.inputShape, multiplyAdds: plan.multiplyAdds, results: results,
            layers: steps?.map {
                Document.Step(name: $0.name, kind: $0.kind, ms: $0.milliseconds, gflops: $0.gigaflops)
            })
        if json { try JSONOutput.show(document) } else { show(document) }
    }

    private func measure(_ plan: InferencePlan, batch: Int, progress: ProgressLine) throws -> Document.Result {
        let input = Self.input(plan, batch)
        let clock = ContinuousClock()
        let warm = clock.now
        var warmRuns = 0
        while warmRuns < 2 || (clock.now - warm).seconds < seconds / 10 {
            _ = try plan.run(input)
            warmRuns += 1
        }
        var times: [Double] = []
        let start = clock.now
        while times.count < 3 || (clock.now - start).seconds < seconds {
            let before = clock.now
            _ = try plan.run(input)
            times.append((clock.now - before).seconds * 1000 / Double(batch))
            progress.update(done: times.count, total: nil)
        }
        times.sort()
        func quantile(_ share: Double) -> Double { times[min(times.count - 1, Int(share * Double(times.count)))] }
        let median = quantile(0.5)
        return Document.Result(
            batch: batch, medianMs: median, p5Ms: quantile(0.05), p95Ms: quantile(0.95),
            gflops: Double(2 * plan.multiplyAdds) / median / 1e6, runs: times.count,
            logits: logits ? Array(try plan.run(input).elements.prefix(plan.outputShape.reduce(1, *))) : nil)
    }

    /// A batch of numbers from -1 to 1, the same each time.
    private static func input(_ plan: InferencePlan, _ batch: Int) -> Tensor {
        var tensor = Tensor(shape: [batch] + plan.inputShape)
        tensor.withElements { values in
            var state: UInt64 = 1
            for index in values.indices {
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                values[index] = Float(Int32(truncatingIfNeeded: state >> 32)) * 0x1p-31
            }
        }
        return tensor
    }

    private func show(_ document: Document) {
        print(
            "\(document.backbone), input \(Tensor.describe(document.input)), "
                + "\(grouped(document.multiplyAdds)) multiply-adds, \(document.threads) threads, \(document.isa)\n")
        var table = TextTable([
            ("BATCH", .right), ("MEDIAN ms", .right), ("5 %", .right), ("95 %", .right), ("GFLOP/s", .right),
            ("IMAGES/s", .right), ("RUNS", .right),
        ])
        for result in document.results {
            table.add(
                "\(result.batch)", decimals(result.medianMs, 3), decimals(result.p5Ms, 3), decimals(result.p95Ms, 3),
                decimals(result.gflops, 1), decimals(1000 / result.medianMs, 1), "\(result.runs)")
        }
        table.show()
        guard let layers = document.layers else { return }
        print("")
        let total = layers.reduce(0) { $0 + $1.ms }
        var steps = TextTable([
            ("STEP", .left), ("KIND", .left), ("ms", .right), ("SHARE", .right), ("GFLOP/s", .right),
        ])
        for step in layers {
            steps.add(
                step.name, step.kind, decimals(step.ms, 3), "\(decimals(100 * step.ms / total, 1)) %",
                step.gflops > 0 ? decimals(step.gflops, 1) : "")
        }
        steps.add("", "", decimals(total, 3), "", "")
        steps.show()
    }
}

/// `1,8,32`
struct BatchSizes: ExpressibleByArgument {
    let values: [Int]

    var defaultValueDescription: String { values.map(String.init).joined(separator: ",") }

    init(values: [Int]) { self.values = values }

    init?(argument: String) {
        let parts = argument.split(separator: ",", omittingEmptySubsequences: false)
        let numbers = parts.compactMap { Int($0) }
        guard !parts.isEmpty, numbers.count == parts.count, numbers.allSatisfy({ (1...4096).contains($0) }) else {
            return nil
        }
        values = numbers
    }
}
