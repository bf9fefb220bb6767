import Engine
import Zoo

/// How fast a plan runs, and what share of the machine that is.
struct NetworkBench {
    let plan: InferencePlan
    let peak: MachinePeak
    let seconds: Double
    /// Whether the figures have what the network answers.
    let answers: Bool

    struct Figures {
        struct Result {
            let batch: Int
            let leastMs: Double
            let medianMs: Double
            let p5Ms: Double
            let p95Ms: Double
            let gflops: Double
            let peakShare: Double
            let memoryShare: Double
            let runs: Int
            let logits: [Float]?
        }

        struct Step {
            let name: String
            let kind: String
            let ms: Double
            let gflops: Double
            let peakShare: Double
        }

        let backbone: String
        let threads: Int
        let isa: String
        let input: [Int]
        let multiplyAdds: Int
        let peakGflops: Double
        let precision: String
        let memoryGbps: Double
        let results: [Result]
        let layers: [Step]?
    }

    func measure(batch: Int) throws -> Figures.Result {
        let progress = ProgressLine("batch \(batch)", unit: "runs")
        defer { progress.finish() }
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
        let median = quantile(0.5), gflops = Double(2 * plan.multiplyAdds) / median / 1e6
        return Figures.Result(
            batch: batch, leastMs: times[0], medianMs: median, p5Ms: quantile(0.05), p95Ms: quantile(0.95),
            gflops: gflops,
            peakShare: gflops / peak.gigaflops,
            memoryShare: Double(plan.memoryTraffic) / median / 1e6 / peak.gigabytesPerSecond, runs: times.count,
            logits: answers ? Array(try plan.run(input).elements.prefix(plan.outputShape.reduce(1, *))) : nil)
    }

    func layers() throws -> [Figures.Step] {
        try plan.timeSteps(Self.input(plan, 1)).map {
            Figures.Step(
                name: $0.name, kind: $0.kind, ms: $0.milliseconds, gflops: $0.gigaflops,
                peakShare: $0.gigaflops / peak.gigaflops)
        }
    }

    private static func input(_ plan: InferencePlan, _ batch: Int) -> Tensor {
        BenchNumbers.tensor([batch] + plan.inputShape)
    }
}

extension NetworkBench.Figures {
    func show() {
        print(
            "\(backbone), input \(Tensor.describe(input)), \(NumberText.grouped(multiplyAdds)) multiply-adds, "
                + "\(threads) threads, \(isa), \(precision)")
        print(
            "This machine now: \(decimals(peakGflops, 0)) GFLOP/s, \(decimals(memoryGbps, 1)) GB/s from memory\n")
        var table = TextTable([
            ("BATCH", .right), ("MEDIAN ms", .right), ("5 %", .right), ("95 %", .right), ("GFLOP/s", .right),
            ("PEAK", .right), ("MEMORY", .right), ("IMAGES/s", .right), ("RUNS", .right),
        ])
        for result in results {
            table.add(
                "\(result.batch)", decimals(result.medianMs, 3), decimals(result.p5Ms, 3), decimals(result.p95Ms, 3),
                decimals(result.gflops, 1), percent(result.peakShare), percent(result.memoryShare),
                decimals(1000 / result.medianMs, 1), "\(result.runs)")
        }
        table.show()
        guard let layers else { return }
        print("")
        let total = layers.reduce(0) { $0 + $1.ms }
        var steps = TextTable([
            ("STEP", .left), ("KIND", .left), ("ms", .right), ("SHARE", .right), ("GFLOP/s", .right), ("PEAK", .right),
        ])
        for step in layers {
            steps.add(
                step.name, step.kind, decimals(step.ms, 3), "\(decimals(100 * step.ms / total, 1)) %",
                step.gflops > 0 ? decimals(step.gflops, 1) : "", step.gflops > 0 ? percent(step.peakShare) : "")
        }
        steps.add("", "", decimals(total, 3), "", "", "")
        steps.show()
    }

    private func percent(_ share: Double) -> String { "\(decimals(100 * share, 0)) %" }
}
