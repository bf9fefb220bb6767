import Engine
import Foundation
import Learning
import RunConfiguration
import Runs
import Synchronization
import TestSupport
import Testing
import Weights
import Zoo

/// Several ranks train to the bits that one process comes to. Here they are threads; `Tests/Cluster` does it with MPI.
@Suite struct RankTests {
    // MARK: steps

    /// Everything that a batch is divided for: statistics of batches between convolutions, gates, sums over pixels, random
    /// numbers, a layer that looks at the whole batch before the last.
    private static func network() throws -> Graph {
        try graph([9, 8, 5]) {
            Conv(12, kernel: 3, bias: false)
            Norm()
            Activation.silu
            Residual {
                Conv(20, kernel: 1, bias: false)
                Norm()
                Activation.silu
                Conv(20, kernel: 3, groups: 20, bias: false)
                Norm()
                Activation.hardSwish
                SqueezeExcite(squeezed: 2)
                Conv(12, kernel: 1)
            }
            GlobalPool.average
            Flatten()
            Dropout(0.3)
            Dense(16)
            Norm()
            Activation.relu
            Dense(3)
        }
    }

    /// Some steps of gradient descent: all that they leave.
    private static func steps(batch: Int, threads: Int, _ ranks: (any Ranks)?) throws -> [UInt32] {
        let graph = try network()
        var plan = try TrainingPlan(
            graph, weights: Initializer(seed: 5).fill(graph), seed: 7, wantsInputGradient: true, threads: threads,
            ranks: ranks)
        var left: [UInt32] = []
        for step in 0..<3 {
            let shape = [batch] + graph.inputShape
            let images = try Tensor(shape: shape, elements: noise(UInt32(step + 1), shape.reduce(1, *)))
            let outputs = try plan.forward(images, epoch: step)
            let gradient = try Tensor(shape: outputs.shape, elements: noise(UInt32(step + 50), outputs.elements.count))
            let back = try #require(try plan.backward(gradient))
            plan.update { _, values, gradient in
                for index in values.indices { values[index] -= 0.05 * gradient[index] }
            }
            left += outputs.elements.map(\.bitPattern) + back.elements.map(\.bitPattern)
            left += try plan.evaluate(images).elements.map(\.bitPattern)
        }
        return left + plan.values.joined().map(\.bitPattern)
    }

    /// 3 images are fewer than the ranks; 9 and 20 do not divide evenly.
    @Test(arguments: [32, 20, 9, 3], [2, 3, 4, 8])
    func stepsAreTheSameBits(_ batch: Int, _ count: Int) throws {
        let alone = try Self.steps(batch: batch, threads: 2, nil)
        for threads in [1, 2] {
            let found = try LocalNetwork(count, piece: 64).run { ranks in
                try Self.steps(batch: batch, threads: threads, ranks)
            }
            #expect(found.count { $0 == alone } == count, "\(threads) threads")
        }
    }

    /// Batches that are cut into blocks of several chunks: 2, 3 and 8 of each, which 16 ranks share.
    @Test(arguments: [150, 200, 520])
    func largeBatchesAreTheSameBits(_ batch: Int) throws {
        let alone = try Self.steps(batch: batch, threads: 1, nil)
        // More threads than blocks, too.
        for threads in [2, 3, 11] { #expect(try Self.steps(batch: batch, threads: threads, nil) == alone) }
        for (count, threads) in [(2, 2), (4, 1), (8, 1), (9, 1), (16, 2), (20, 1)] {
            let found = try LocalNetwork(count).run { ranks in
                try Self.steps(batch: batch, threads: threads, ranks)
            }
            #expect(found.count { $0 == alone } == count, "\(count) ranks")
        }
    }

    // MARK: runs

    private static let finetuning: [String: OptionValue] = [
        "phases": .list([phase(.string("backbone"), epochs: 2), phase(.string("none"), epochs: 2)]),
        "ema": .number(0.9), "accumulate": .number(2), "gradient_clip": .number(1),
        "optimizer": .map(["kind": .string("adamw"), "learning_rate": .number(0.03)]),
    ]

    private static let runs: [([String: OptionValue], [String: OptionValue])] = [
        (["epochs": .number(3)], [:]),
        (["epochs": .number(2), "freeze": .map(["stages": .number(2)])], [:]),
        (["epochs": .number(2), "freeze": .string("none"), "batch_size": .number(5)], [:]),
        (finetuning, [:]),
        (["epochs": .number(2), "freeze": .string("none"), "mixup": .number(0.4)], [:]),
        (["epochs": .number(2), "cutmix": .number(1)], [:]),
    ]

    private func trained(
        _ staged: StagedData, _ train: [String: OptionValue], output: String, ranks: (any Ranks)? = nil,
        start: TrainingRun.Start = .new, interrupter: Interrupter = Interrupter(),
        _ tell: @escaping @Sendable (TrainingEvent) -> Void = { _ in }
    ) throws -> TrainingResult {
        try TrainingRun(
            try staged.configuration(train, output: output), registry: staged.registry, start: start, threads: 1,
            ranks: ranks
        ).runHere(interrupter: interrupter, tell)
    }

    @Test(arguments: 0..<6)
    func runsAreTheSameBits(_ index: Int) throws {
        let (train, _) = Self.runs[index]
        let staged = try StagedData()
        let alone = try trained(staged, train, output: "alone")
        let model = try staged.bytes(alone.model)
        for count in [2, 4, 8] {
            let told = Mutex(0)
            let results = try LocalNetwork(count).run { ranks in
                try trained(staged, train, output: "out-\(count)", ranks: ranks) { event in
                    if case .epoch = event { told.withLock { $0 += 1 } }
                }
            }
            #expect(try staged.bytes(results[0].model) == model, "\(count) ranks")
            #expect(results.allSatisfy { $0.epochs.map(\.trainLoss) == alone.epochs.map(\.trainLoss) })
            #expect(results.allSatisfy { $0.epochs.map(\.testLoss) == alone.epochs.map(\.testLoss) })
            // Only the first tells.
            #expect(told.withLock { $0 } == alone.epochs.count)
        }
    }

    /// The same rows in the cache, under the same name.
    @Test func featuresAreKeptOnce() throws {
        let data = try TinyData()
        func cache(_ name: String, _ ranks: (any Ranks)?) throws {
            let settings = try data.configuration {
                $0["cache"] = .bool(true)
                $0["output"] = .string("\(data.scratch.path)/out-\(name)")
            }
            _ = try TrainingRun(
                settings, registry: data.registry, threads: 1, cacheDirectory: "\(data.scratch.path)/cache-\(name)",
                ranks: ranks
            ).runHere()
        }
        func files(_ name: String) throws -> [String: Data] {
            let root = "\(data.scratch.path)/cache-\(name)"
            var files: [String: Data] = [:]
            for path in try FileManager.default.subpathsOfDirectory(atPath: root) where path.hasSuffix(".npz") {
                files[path] = try Data(contentsOf: URL(filePath: "\(root)/\(path)"))
            }
            return files
        }
        try cache("alone", nil)
        _ = try LocalNetwork(3).run { try cache("shared", $0) }
        #expect(try !files("alone").isEmpty)
        #expect(try files("shared") == files("alone"))
    }

    @Test func anotherNumberOfRanksGoesOn() throws {
        let staged = try StagedData()
        let model = try staged.bytes(try trained(staged, Self.finetuning, output: "alone").model)
        for (stop, before, after) in [(1, 4, 1), (3, 2, 4), (2, 1, 3)] {
            let output = "stopped-\(stop)"
            func part(_ count: Int, start: TrainingRun.Start, stops: Bool) throws -> [String] {
                func run(_ ranks: (any Ranks)?) throws -> String {
                    // Every rank gives up after the same epoch, as if they had been killed together.
                    let interrupter = Interrupter()
                    do {
                        let result = try TrainingRun(
                            try staged.configuration(Self.finetuning, output: output), registry: staged.registry,
                            start: start, threads: 1,
                            ranks: ranks.map { Stopping(ranks: $0, interrupter, stops ? stop : nil) }
                        ).runHere(interrupter: interrupter) { event in
                            if case .epoch(let record, _) = event, stops, record.epoch == stop { interrupter.cancel() }
                        }
                        return result.model
                    } catch let error as GraftError where error.isCaused(by: .cancelled) {
                        return ""
                    }
                }
                return count == 1 ? [try run(nil)] : try LocalNetwork(count).run { try run($0) }
            }
            #expect(try part(before, start: .new, stops: true).allSatisfy { $0.isEmpty })
            let finished = try part(after, start: .resuming, stops: false)
            #expect(try staged.bytes(finished[0]) == model, "stopped after epoch \(stop)")
        }
    }

    /// Ranks that are asked to stop after the same epoch: they compare their weights once an epoch.
    private struct Stopping: Ranks {
        let ranks: any Ranks
        let interrupter: Interrupter
        let stop: Int?

        init(ranks: any Ranks, _ interrupter: Interrupter, _ stop: Int?) {
            self.ranks = ranks
            self.interrupter = interrupter
            self.stop = stop
        }

        var rank: Int { ranks.rank }
        var count: Int { ranks.count }

        func fold(
            _ bytes: UnsafeMutableRawBufferPointer, blocks: [Range<Int>]?, atOnce: Bool, add: (Range<Int>) -> Void,
            join: (UnsafeRawPointer?, Range<Int>) -> Void
        ) {
            ranks.fold(bytes, blocks: blocks, atOnce: atOnce, add: add, join: join)
        }

        func gather(_ bytes: UnsafeMutableRawBufferPointer, parts: [Range<Int>]) {
            ranks.gather(bytes, parts: parts)
            guard let stop, String(decoding: bytes, as: UTF8.self).contains("weights after epoch \(stop)") else {
                return
            }
            interrupter.cancel()
        }
    }

    // MARK: what differs

    @Test func differencesAreSaidByAll() throws {
        let staged = try StagedData()
        let errors = try LocalNetwork(3).run { ranks in
            errorText {
                var settings = try staged.configuration(["epochs": .number(1)])
                if ranks.rank == 2 { settings.text += "train: {epochs: 1}\n" }
                _ = try TrainingRun(settings, registry: staged.registry, threads: 1, ranks: ranks).runHere()
            }
        }
        #expect(errors[0].hasPrefix("the processes do not have the same configuration: expected "))
        #expect(
            errors[0].contains("on rank 0, found ")
                && errors[0].contains("on rank 2; give every process the same files"))
        #expect(Set(errors).count == 1)
        #expect(!FileManager.default.fileExists(atPath: "\(staged.data.scratch.path)/out"))
    }
}
