import ArgumentParser
import Learning
import Zoo

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// `graft bench --train`: what a training step takes.
struct TrainingFigures {
    struct Result {
        let batch: Int
        let medianMs: Double
        let p5Ms: Double
        let p95Ms: Double
        let forwardMs: Double
        let backwardMs: Double
        let updateMs: Double
        let prefixMs: Double?
        let stepBytes: Int
        let runs: Int
    }

    let backbone: String
    let threads: Int
    let isa: String
    let input: [Int]
    let freeze: String
    let cut: String?
    let parameters: Int
    let trainedParameters: Int
    private(set) var results: [Result] = []
    private(set) var residentBytes = 0

    /// Measures every batch size.
    init(
        backbone: String, graph: Graph, weights: StateDict, freeze: FreezeSettings, batches: [Int], seconds: Double,
        threads: Int, isa: String
    ) throws {
        var bench = try StepBench(graph, weights: weights, freeze: freeze, threads: threads)
        self.backbone = backbone
        self.threads = threads
        self.isa = isa
        self.freeze = freeze.description
        input = graph.inputShape
        cut = bench.cut
        parameters = graph.parameters.filter(\.role.isLearnt).reduce(0) { $0 + $1.count }
        trainedParameters = bench.trainedParameters
        for batch in batches {
            let progress = ProgressLine("batch \(batch)", unit: "steps")
            defer { progress.finish() }
            let found = try bench.measure(batch: batch, seconds: seconds, numbers: BenchNumbers.tensor) {
                progress.update(done: $0, total: nil)
            }
            results.append(
                Result(
                    batch: batch, medianMs: found.median, p5Ms: found.p5, p95Ms: found.p95, forwardMs: found.forward,
                    backwardMs: found.backward, updateMs: found.update, prefixMs: found.prefix,
                    stepBytes: found.memory, runs: found.runs))
        }
        residentBytes = Self.peakResidentBytes
    }

    func show() {
        print(
            "\(backbone), input \(Tensor.describe(input)), freeze: \(freeze), \(NumberText.grouped(trainedParameters)) of "
                + "\(NumberText.grouped(parameters)) parameters train, \(threads) threads, \(isa)\n")
        var table = TextTable([
            ("BATCH", .right), ("STEP ms", .right), ("5 %", .right), ("95 %", .right), ("FORWARD", .right),
            ("BACKWARD", .right), ("UPDATE", .right), ("MEMORY", .right), ("STEPS", .right),
        ])
        for result in results {
            table.add(
                "\(result.batch)", decimals(result.medianMs, 3), decimals(result.p5Ms, 3), decimals(result.p95Ms, 3),
                decimals(result.forwardMs, 3), decimals(result.backwardMs, 3), decimals(result.updateMs, 3),
                "\(result.stepBytes >> 20) MB", "\(result.runs)")
        }
        table.show()
        if let cut, let prefix = results.last?.prefixMs {
            print(
                "\nThe frozen layers, to '\(cut)', are not in it: \(decimals(prefix, 3)) ms an image, once for each "
                    + "picture that is not augmented.")
        }
        print("\(cut == nil ? "\n" : "")Most memory resident: \(residentBytes >> 20) MB.")
    }

    /// The most memory that this process has had.
    private static var peakResidentBytes: Int {
        #if canImport(Darwin)
            var usage = rusage()
            return getrusage(RUSAGE_SELF, &usage) == 0 ? Int(usage.ru_maxrss) : 0
        #else
            // Linux's rusage begins with what the process had that started this one.
            guard let file = fopen("/proc/self/status", "r") else { return 0 }
            defer { fclose(file) }
            var line = [CChar](repeating: 0, count: 256)
            while fgets(&line, Int32(line.count), file) != nil {
                let text = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
                let fields = text.split { $0.isWhitespace }
                // "VmHWM:   1234 kB"
                if fields.count == 3, fields[0] == "VmHWM:" { return (Int(fields[1]) ?? 0) << 10 }
            }
            return 0
        #endif
    }
}

/// `none`, `backbone`, `stages=N`
struct FreezeArgument: ExpressibleByArgument {
    let settings: FreezeSettings

    init?(argument: String) {
        let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        switch (parts[0], parts.count) {
        case ("none", 1): settings = .none
        case ("backbone", 1): settings = .backbone
        case ("stages", 2):
            guard let count = Int(parts[1]), (1...1000).contains(count) else { return nil }
            settings = .allButLast(stages: count)
        default: return nil
        }
    }
}
