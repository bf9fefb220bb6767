import Foundation
import Learning
import Objectives
import RunConfiguration
import Runs
import Synchronization
import Testing
import Weights
import Zoo

/// `train.recipe: finetune`: what it decides, and that a decision survives.
@Suite struct FineTuningTests {
    /// A head that learns too slowly to be right, on layers that were never trained: more layers help.
    private static let weakHead: [String: OptionValue] = [
        "recipe": .string("finetune"), "epochs": .number(8),
        "optimizer": .map(["kind": .string("sgd"), "learning_rate": .number(0.00001)]),
    ]

    @Test func aStrongHeadIsKept() throws {
        let staged = try StagedData(train: 12)
        let result = try staged.run([
            "recipe": .string("finetune"), "optimizer": .map(["learning_rate": .number(0.05)]),
        ])
        let decision = try #require(result.fineTuning)
        #expect(decision.headTotal == 36 && decision.headCorrect > 30)
        #expect(decision.trials.isEmpty && decision.chosen == nil)
        #expect(
            decision.reason
                == "the head alone was right on \(decision.headCorrect) of 36 pictures that it had not seen: "
                + "too few mistakes to tell whether more training helps, so it is kept")
        #expect(result.outline?.phases.map(\.trained) == [["head"]])
        #expect(result.epochs.count == decision.headEpochs)
        #expect(result.fineTuningGain == nil)
        // The model is the one that so many epochs of a head give.
        let plain = try staged.run(
            ["epochs": .number(Double(decision.headEpochs)), "optimizer": .map(["learning_rate": .number(0.05)])],
            output: "plain")
        #expect(plain.test?.loss == result.test?.loss)
    }

    /// Heads that are trained for 5 to 40 epochs are worse here than one that is solved for: what is kept is what a run without
    /// a recipe makes, also after a stop.
    @Test func aHeadThatIsSolvedForIsKept() throws {
        let data = try TinyData(train: 12)
        func run(
            _ train: [String: OptionValue], _ output: String, start: TrainingRun.Start = .new,
            _ tell: @escaping @Sendable (TrainingEvent) -> Void = { _ in }
        ) throws -> TrainingResult {
            let configuration = try data.configuration {
                $0["train"] = .map(["seed": .number(1)].merging(train) { $1 })
                $0["output"] = .string("\(data.scratch.path)/\(output)")
            }
            return try TrainingRun(configuration, registry: data.registry, start: start).runHere(tell)
        }
        func tensors(_ result: TrainingResult) throws -> StateDict { try WeightFile(path: result.model).load() }
        let root = data.scratch.path
        let result = try run(["recipe": .string("finetune")], "recipe") { event in
            guard case .epoch(let record, _) = event, record.epoch == 4 else { return }
            try? FileManager.default.createDirectory(atPath: "\(root)/stopped", withIntermediateDirectories: true)
            try? FileManager.default.copyItem(
                atPath: "\(root)/recipe/checkpoint.npz", toPath: "\(root)/stopped/checkpoint.npz")
        }
        let decision = try #require(result.fineTuning)
        #expect(decision.isHeadSolved && decision.chosen == nil && decision.headCorrect > 30)
        #expect(decision.reason.hasSuffix("so it is kept, solved for and not trained"))
        #expect(result.choice != nil && result.epochs.count == 1)
        #expect(try WeightFile(path: result.model).metadata?.head.kind == "logistic")
        let plain = try run([:], "plain")
        #expect(try tensors(result) == tensors(plain))
        #expect(try tensors(run(["recipe": .string("finetune")], "stopped", start: .resuming)) == tensors(plain))
        // Whoever says how a head learns has it trained.
        let own = try run(["recipe": .string("finetune"), "batch_size": .number(8)], "own")
        #expect(own.fineTuning?.isHeadSolved == false && own.choice == nil)
    }

    @Test func aWeakHeadIsFineTuned() throws {
        let staged = try StagedData(train: 30, test: 10)
        let told = Mutex<[String]>([])
        let result = try staged.run(Self.weakHead) { event in
            switch event {
            case .note(let text): told.withLock { $0.append(text) }
            case .trial(let trial): told.withLock { $0.append("trial of \(trial.what)") }
            case .decision(let decision): told.withLock { $0.append(decision.reason) }
            default: break
            }
        }
        let decision = try #require(result.fineTuning)
        let chosen = try #require(decision.chosen)
        #expect(result.outline?.phases.map(\.trained) == [["head"], ["wide", "deep", "head"]])
        #expect(result.outline?.phases.map(\.epochs) == [decision.headEpochs, 8])
        let gain = try #require(result.fineTuningGain)
        #expect(gain.total == 30 && gain.gain > 0)
        // What it costs is said before anything is tried, what was decided before it is done.
        let lines = told.withLock { $0 }
        let held = try #require(decision.trials.first).counts.total
        #expect((22...24).contains(held) && decision.trials.allSatisfy { $0.counts.total == held })
        let tried = "; fine-tuning is tried on \(90 - held) of them and counted on \(held) others: about "
        #expect(lines.contains { $0.contains(tried) })
        #expect(lines.last == decision.reason && decision.trials.indices.contains(chosen))
        let page = try String(contentsOfFile: result.report, encoding: .utf8)
        #expect(page.contains("right only after, \(gain.onlyBefore) right only before."))
        #expect(page.contains("Decided without any test picture: \(decision.reason)."))
    }

    /// A run that was stopped in either phase, or between the decision and its first epoch, ends as one that was not.
    @Test func decisionsSurvive() throws {
        let staged = try StagedData(train: 30)
        let root = staged.data.scratch.path
        let stops = Mutex(0)
        @Sendable func keep() {
            let number = stops.withLock { count in
                count += 1
                return count
            }
            let folder = "\(root)/stopped-\(number)"
            try? FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            try? FileManager.default.copyItem(atPath: "\(root)/out/checkpoint.npz", toPath: "\(folder)/checkpoint.npz")
        }
        let result = try staged.run(Self.weakHead) { event in
            // The checkpoint is that of the epoch before, or of the decision.
            switch event {
            case .epoch(let record, _) where record.epoch > 1: keep()
            case .phase: keep()
            default: break
            }
        }
        let model = try staged.bytes(result.model)
        let last = stops.withLock { $0 }
        for stop in [2, last - 8, last - 7, last] {
            let resumed = try staged.run(
                Self.weakHead, output: "stopped-\(stop)", start: .resuming, threads: 1 + stop % 2)
            #expect(try staged.bytes(resumed.model) == model, "stop \(stop) of \(last)")
            #expect(resumed.fineTuning == result.fineTuning)
            #expect(resumed.fineTuningGain == result.fineTuningGain)
        }
    }

    @Test func whatARecipeTakes() throws {
        let staged = try StagedData()
        #expect(try staged.configuration(["recipe": .string("finetune")]).train.recipe?.effort == .full)
        let quick = try staged.configuration(["finetune": .string("quick")]).train.recipe
        #expect(quick?.effort == .quick && quick?.epochs == 3)
        #expect(
            errorText { _ = try staged.run(["finetune": .string("quik")]) }
                == "train.finetune: unknown value 'quik'; did you mean 'quick'?")
        #expect(
            errorText { _ = try staged.run(["recipe": .string("finetune"), "freeze": .string("none")]) }
                == "train.freeze: the recipe decides it; leave it out, or write your own train.phases in place of train.recipe"
        )
    }

    /// By hand: of 100 images 5 only before and 15 only after, with one more of each.
    @Test func pairedCounts() throws {
        let count = PairedCount(onlyBefore: 5, onlyAfter: 15, total: 100)
        #expect(count.gain == 10)
        let (lost, won) = (6.0 / 102, 16.0 / 102)
        let half = 1.959963984540054 * ((lost + won - (won - lost) * (won - lost)) / 102).squareRoot()
        #expect(abs(count.interval.lowerBound - 100 * (won - lost - half)) < 1e-9)
        #expect(abs(count.interval.upperBound - 100 * (won - lost + half)) < 1e-9)
        #expect(count.interval.lowerBound > 0 && count.interval.upperBound < 20)
        #expect(
            PairedCount(before: [true, true, false, false], after: [true, false, true, true])
                == PairedCount(onlyBefore: 1, onlyAfter: 2, total: 4))
        #expect(PairedCount(onlyBefore: 0, onlyAfter: 0, total: 0).interval == 0...0)
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        let text = try encoder.encode(PairedCount(onlyBefore: 1, onlyAfter: 1, total: 0))
        #expect(
            String(decoding: text, as: UTF8.self)
                == #"{"gain":0,"interval_95":[0,0],"only_after":1,"only_before":1,"total":0}"#)
        #expect(try JSONDecoder().decode(PairedCount.self, from: text) == .init(onlyBefore: 1, onlyAfter: 1, total: 0))
    }
}
