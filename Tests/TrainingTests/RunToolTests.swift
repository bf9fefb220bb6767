import Data
import Foundation
import Inference
import Learning
import Report
import Runs
import Synchronization
import Testing
import Weights
import Zoo

/// What stands around training: augmented batches, the learning-rate finder, event files, curves of several phases.
@Suite struct RunToolTests {
    // MARK: streamed pictures

    private func augmented(_ staged: StagedData, _ train: [String: OptionValue], threads: Int) throws -> Data {
        let data: [String: OptionValue] = [
            "train": .string("\(staged.data.scratch.path)/train"), "test": .string("\(staged.data.scratch.path)/test"),
            "augment": .string("light"),
        ]
        let settings = try staged.configuration(train, top: ["data": .map(data)])
        let result = try TrainingRun(settings, registry: staged.registry, threads: threads).runHere()
        #expect(result.outline?.phases.allSatisfy { !$0.isComputedOnce } == true)
        #expect(result.testImages == 12)
        return try staged.bytes(result.model)
    }

    @Test func augmentedRunsDependOnTheSeedAlone() throws {
        let staged = try StagedData()
        let train: [String: OptionValue] = [
            "freeze": .map(["stages": .number(1)]), "mixup": .number(0.2), "sampler": .string("balanced"),
        ]
        let first = try augmented(staged, train, threads: 1)
        #expect(try augmented(staged, train, threads: 2) == first)
        #expect(try augmented(staged, train.merging(["seed": .number(1)]) { $1 }, threads: 2) != first)
        #expect(try augmented(staged, train.filter { $0.key != "mixup" }, threads: 2) != first)
    }

    @Test func aLastBatchOfOneJoinsTheOneBefore() throws {
        // 9 pictures in batches of 4: the stem's batch norm sees maps of 100 values, yet of one picture only.
        let staged = try StagedData(train: 3)
        // The cosine's last rate tells the number of steps.
        func steps(_ freeze: String) throws -> Int {
            let result = try staged.run([
                "batch_size": .number(4), "epochs": .number(1), "freeze": .string(freeze),
                "schedule": .map(["kind": .string("cosine")]),
            ])
            let rate = try #require(result.epochs.first).learningRate
            return try #require(
                (1...5).first { abs(0.0005 * (1 + cos(.pi * Double($0 - 1) / Double($0))) - rate) < 1e-9 })
        }
        #expect(try steps("none") == 2)
        #expect(try steps("backbone") == 3)
    }

    // MARK: learning rate

    @Test func theFinderFindsTheDescentAndChangesNothing() async throws {
        let staged = try StagedData()
        let run = TrainingRun(
            try staged.configuration(["optimizer": .map(["kind": .string("sgd")])]), registry: staged.registry)
        let curve = try await run.findLearningRate(steps: 60, range: 1e-6...1000)
        #expect(curve.rates.count == curve.losses.count)
        let valley = try #require(curve.valley), steepest = try #require(curve.steepest)
        #expect(valley > 1e-4 && valley < 100 && steepest > 1e-4 && steepest < 100)
        #expect(curve.losses.min() ?? 1 < curve.losses[0])
        #expect(try await run.findLearningRate(steps: 60, range: 1e-6...1000) == curve)
        #expect(curve.svg.contains(">start with ") && curve.svg.contains(">1e-3</text>"))
        #expect(!FileManager.default.fileExists(atPath: "\(staged.data.scratch.path)/out"))
        #expect(
            await asyncErrorText { _ = try await run.findLearningRate(phase: 2) }
                == "phase: there is no such phase: expected 1 to 1, found 2")
    }

    @Test func theFinderStopsWhereTheLossExplodes() async throws {
        let staged = try StagedData()
        let settings = try staged.configuration([
            "freeze": .string("none"), "optimizer": .map(["kind": .string("sgd"), "momentum": .number(0)]),
        ])
        let curve = try await TrainingRun(settings, registry: staged.registry)
            .findLearningRate(steps: 100, range: 1e-3...1e12)
        #expect(curve.isCutShort)
        #expect(curve.rates.count < 100 && curve.losses.allSatisfy(\.isFinite))
    }

    // MARK: event files

    @Test func checksumsAreCastagnolis() {
        // RFC 3720, appendix B.4.
        #expect(CRC32C.of([UInt8](repeating: 0, count: 32)) == 0x8A91_36AA)
        #expect(CRC32C.of([UInt8](repeating: 0xFF, count: 32)) == 0x62A8_AB43)
        #expect(CRC32C.of((0..<32).map { UInt8($0) }) == 0x46DD_794E)
    }

    @Test func eventFilesHoldEveryEpoch() throws {
        let staged = try StagedData()
        let result = try staged.run(["tensorboard": .bool(true), "epochs": .number(2)])
        let bytes = [UInt8](try staged.bytes("\(result.output)/events.out.tfevents.0.graft"))
        var records: [[UInt8]] = []
        var rest = bytes[...]
        while rest.count >= 12 {
            let length = rest.prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) }
            records.append(Array(rest.dropFirst(12).prefix(length)))
            rest = rest.dropFirst(16 + length)
        }
        #expect(rest.isEmpty && records.count == 3)
        #expect(String(decoding: records[0], as: UTF8.self).hasSuffix("brain.Event:2"))
        for (record, epoch) in zip(records.dropFirst(), result.epochs) {
            let tag = Array("loss/train".utf8)
            let start = try #require(record.indices.first { record[$0...].starts(with: tag) })
            let bits = record[(start + tag.count + 1)...].prefix(4).reversed().reduce(UInt32(0)) {
                $0 << 8 | UInt32($1)
            }
            #expect(Float(bitPattern: bits) == Float(epoch.trainLoss))
        }
        // A run without them takes an earlier one's away.
        _ = try staged.run(["epochs": .number(1)])
        #expect(!FileManager.default.fileExists(atPath: "\(result.output)/events.out.tfevents.0.graft"))
    }

    // MARK: curves

    @Test func unfreezingIsMarked() throws {
        let staged = try StagedData()
        let result = try staged.run([
            "phases": .list([
                phase(.string("backbone")), phase(.string("none")), phase(.map(["stages": .number(1)])),
            ])
        ])
        let svg = try String(contentsOfFile: "\(result.output)/curves.svg", encoding: .utf8)
        // Epochs 1 to 6 stand 70.4 apart from 62 on; the marks are half way after 2 and 4.
        #expect(svg.components(separatedBy: "x1=\"167.6\"").count == 3)
        #expect(svg.components(separatedBy: "x1=\"308.4\"").count == 3)
        #expect(svg.components(separatedBy: ">phase 2: unfrozen</text>").count == 3)
        #expect(svg.components(separatedBy: ">phase 3</text>").count == 3)
        let page = try String(contentsOfFile: result.report, encoding: .utf8)
        #expect(page.contains("<bdi>staged</bdi>, fine-tuned, learnt from 24 pictures"))
        #expect(
            page.contains(
                "<td class=\"n\">3 to 4</td><td class=\"n\">0.001</td><td><bdi>everything trains: 489 parameters"))
    }

    @Test func unknownKeysOfPhases() throws {
        let staged = try StagedData()
        #expect(
            errorText { _ = try staged.run(["phases": .list([.map(["epoch": .number(1)])])]) }
                == "unknown key 'train.phases[1].epoch'; did you mean 'train.phases[1].epochs'?")
    }
}
