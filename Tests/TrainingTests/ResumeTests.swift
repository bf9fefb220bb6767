import RunConfiguration
import Data
import Engine
import Foundation
import Inference
import Learning
import Runs
import Synchronization
import Testing
import Weights
import Zoo

/// A run that goes on from any of its checkpoints ends as one that was left alone.
@Suite struct ResumeTests {
    private static let mayChange =
        "--resume may change epochs, schedule, optimiser constants, augmentation and early stopping; not the pictures, "
        + "classes, split and seed, nor backbone, weights, precision, pooling, head, phases and what is frozen; of labels not "
        + "label_thresholds, nor whether pictures are changed at random"

    /// Everything that a checkpoint has to keep: two phases, momentum, dropout, an average, early stopping.
    private static let everything: [String: OptionValue] = [
        "phases": .list([phase(.string("backbone"), epochs: 3), phase(.string("none"), epochs: 4)]),
        "ema": .number(0.9), "early_stopping": .map(["patience": .number(2)]), "accumulate": .number(2),
        "gradient_clip": .number(1), "schedule": .map(["kind": .string("cosine"), "warmup_epochs": .number(0.5)]),
        "optimizer": .map(["kind": .string("adamw"), "learning_rate": .number(0.03)]),
    ]

    /// Runs to the end, and keeps a copy of the output directory as it was after every epoch.
    private func recorded(
        _ staged: StagedData, _ train: [String: OptionValue]
    ) throws -> (result: TrainingResult, model: Data, stops: Int) {
        let root = staged.data.scratch.path
        let count = Mutex(0)
        let result = try staged.run(train) { event in
            guard case .epoch(let record, _) = event, record.epoch > 1 else { return }
            // The checkpoint is that of the epoch before.
            let folder = "\(root)/stopped-\(record.epoch - 1)"
            try? FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            try? FileManager.default.copyItem(atPath: "\(root)/out/checkpoint.npz", toPath: "\(folder)/checkpoint.npz")
            count.withLock { $0 += 1 }
        }
        #expect(!FileManager.default.fileExists(atPath: "\(root)/out/checkpoint.npz"))
        return (result, try staged.bytes(result.model), count.withLock { $0 })
    }

    @Test(
        arguments: [
            everything,
            ["epochs": .number(4)],
            [
                "epochs": .number(3), "freeze": .map(["stages": .number(2)]),
                "optimizer": .map(["kind": .string("sgd"), "learning_rate": .number(0.05)]),
            ],
            ["phases": .list([phase(.string("none"), epochs: 2), phase(.string("backbone"), epochs: 2)])],
        ] as [[String: OptionValue]])
    func anyEpochResumesToTheSameBits(_ train: [String: OptionValue]) throws {
        let staged = try StagedData()
        let (result, model, stops) = try recorded(staged, train)
        #expect(stops == result.epochs.count - 1)
        for stop in 1...stops {
            let folder = "stopped-\(stop)"
            let told = Mutex<[Int]>([])
            let resumed = try staged.run(train, output: folder, start: .resuming, threads: 1 + stop % 2) { event in
                if case .epoch(let record, _) = event { told.withLock { $0.append(record.epoch) } }
            }
            #expect(try staged.bytes(resumed.model) == model, "after epoch \(stop)")
            #expect(told.withLock { $0 } == Array(stop + 1...result.epochs.count))
            #expect(resumed.keptEpoch == result.keptEpoch)
            #expect(resumed.epochs.map(\.trainLoss) == result.epochs.map(\.trainLoss))
            #expect(resumed.epochs.map(\.testLoss) == result.epochs.map(\.testLoss))
            let lines = try String(
                contentsOfFile: "\(staged.data.scratch.path)/\(folder)/metrics.jsonl", encoding: .utf8
            ).split(separator: "\n").map { try JSONDecoder().decode(EpochRecord.self, from: Data($0.utf8)) }
            #expect(lines == resumed.epochs)
        }
    }

    /// Checkpoints from before an optimiser's buffers had names go on too.
    @Test(arguments: [("adam", ["mean", "square"]), ("sgd", ["momentum"])])
    func olderCheckpoints(_ kind: String, _ buffers: [String]) throws {
        let staged = try StagedData()
        let train: [String: OptionValue] = ["epochs": .number(3), "optimizer": .map(["kind": .string(kind)])]
        let (_, model, _) = try recorded(staged, train)
        let path = "\(staged.data.scratch.path)/stopped-2/checkpoint.npz"
        let file = try WeightFile(path: path)
        let metadata = try #require(file.metadata)
        let tensors = try file.load()
        let old = tensors.renamed { name in
            var name = name
            for (buffer, prefix) in zip(buffers, ["first", "second"]) {
                name = name.replacing("optimizer/\(buffer)/", with: "\(prefix)/")
            }
            return name
        }
        #expect(old.names.contains { $0.hasPrefix("first/") } && !old.names.contains { $0.hasPrefix("optimizer/") })
        try NPZ.write(old, metadata: metadata, to: path, level: 0)
        let resumed = try staged.run(train, output: "stopped-2", start: .resuming)
        #expect(try staged.bytes(resumed.model) == model)
    }

    @Test func whatChangedIsRefused() throws {
        let staged = try StagedData()
        let root = staged.data.scratch.path
        let train: [String: OptionValue] = ["epochs": .number(2)]
        _ = try recorded(staged, train)
        let output = "\(root)/stopped-1"
        let stopped = try StoppedRun(output: output)
        #expect(stopped.epochs == 1)
        #expect(stopped.configuration == "backbone: staged\n")
        func resume(_ change: (inout TrainingConfiguration) -> Void) -> String {
            errorText {
                var settings = try staged.configuration(train, output: "stopped-1")
                change(&settings)
                _ = try TrainingRun(settings, registry: staged.registry, start: .resuming).runHere()
            }
        }
        #expect(
            resume { $0.text += "train: {epochs: 9}\n" }
                == "\(output): the configuration is not that of the run that was stopped; resume with the one in its "
                + "checkpoint; \(Self.mayChange)")
        #expect(
            resume { $0.train.seed = 7 }
                == "\(output): the backbone's weights have changed since the run was stopped; bring them back, or train anew "
                + "without --resume; \(Self.mayChange)")
        try staged.data.scratch.write("train/red/0.jpg", TinyData.picture(0, shade: 99))
        #expect(
            resume { _ in }
                == "\(output): the pictures, or which of them are held out, have changed since the run was stopped; bring them "
                + "back, or train anew "
                + "without --resume; \(Self.mayChange)")
        #expect(FileManager.default.fileExists(atPath: "\(output)/checkpoint.npz"))
        #expect(
            errorText { _ = try StoppedRun(output: "\(root)/out") }
                == "\(root)/out: there is no run to resume: expected a checkpoint.npz inside, found the results of a run "
                + "that is over")
        #expect(
            errorText { _ = try StoppedRun(output: "\(root)/nowhere") }
                == "\(root)/nowhere: there is no run to resume: expected a checkpoint.npz inside; name the output "
                + "directory of a run that was stopped after its first epoch")
    }

    @Test func aRunMayGoOnDifferently() throws {
        let staged = try StagedData()
        _ = try recorded(staged, ["epochs": .number(2)])
        var settings = try staged.configuration(["epochs": .number(5)], output: "stopped-1")
        settings.text += "train: {epochs: 5}\n"
        let longer = try TrainingRun(settings, registry: staged.registry, start: .resumingWithChanges).runHere()
        let whole = try staged.run(["epochs": .number(5)])
        #expect(longer.epochs.map(\.trainLoss) == whole.epochs.map(\.trainLoss))
        #expect(try WeightFile(path: longer.model).load() == WeightFile(path: whole.model).load())
    }

    @Test func anotherVersionIsNoted() throws {
        let staged = try StagedData()
        let train: [String: OptionValue] = ["epochs": .number(3)]
        _ = try recorded(staged, train)
        func notes(_ output: String) throws -> [String] {
            let notes = Mutex<[String]>([])
            _ = try staged.run(train, output: output, start: .resuming) { event in
                if case .note(let text) = event { notes.withLock { $0.append(text) } }
            }
            return notes.withLock { $0 }.filter { $0.hasPrefix("the run was stopped under ") }
        }
        let path = "\(staged.data.scratch.path)/stopped-1/checkpoint.npz"
        let file = try WeightFile(path: path)
        var metadata = try #require(file.metadata)
        let maker = "Graft \(Version.current), \(try KernelSet.chosen().name) kernels"
        #expect(metadata.checkpoint?.contains("\"\(maker)\"") == true)
        metadata.checkpoint = metadata.checkpoint?.replacing(maker, with: "Graft 0.0.1, odd kernels")
        try NPZ.write(file.load(), metadata: metadata, to: path, level: 0)
        #expect(
            try notes("stopped-1") == [
                "the run was stopped under Graft 0.0.1, odd kernels, and goes on under \(maker): the bits may differ from "
                    + "those of a run left alone"
            ])
        #expect(try notes("stopped-2").isEmpty)
    }

    @Test func divergenceLeavesTheLastGoodCheckpoint() throws {
        let staged = try StagedData()
        let before = try staged.bytes(try staged.run([:]).model)
        let text = errorText {
            _ = try staged.run([
                "phases": .list([
                    phase(.string("backbone"), epochs: 1), phase(.string("none"), ["learning_rate": .number(1000)]),
                ]),
                "optimizer": .map(["kind": .string("sgd"), "momentum": .number(0)]),
            ])
        }
        #expect(text.contains("lower the learning rate of phase 2 (it is 1000.0)"), "\(text)")
        let epoch = try #require(Int(text.dropFirst(6).prefix(while: \.isNumber)))
        #expect(text.contains("the loss has grown beyond all measure"), "\(text)")
        let output = "\(staged.data.scratch.path)/out"
        #expect(try StoppedRun(output: output).epochs == epoch - 1)
        #expect(try staged.bytes("\(output)/model.npz") == before)
        // A new run says that it does not resume, and cleans up when it is over.
        let notes = Mutex<[String]>([])
        _ = try staged.run([:]) { event in
            if case .note(let text) = event { notes.withLock { $0.append(text) } }
        }
        #expect(
            notes.withLock { $0 }.contains("the run that was stopped in \(output) is not resumed (that takes --resume)")
        )
        #expect(try FileManager.default.contentsOfDirectory(atPath: output).count == 5)
    }
}
