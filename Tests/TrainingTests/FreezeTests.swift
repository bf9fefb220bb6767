import Data
import Foundation
import Heads
import Inference
import Learning
import Objectives
import Runs
import Synchronization
import Testing
import Weights
import Zoo

/// What stays and what moves: bit for bit.
@Suite struct FreezeTests {
    private static let names = [
        "stem.weight", "stem.bias", "stem.running_mean", "stem.running_var", "wide.0.weight", "wide.1.weight",
        "wide.1.bias", "wide.1.running_mean", "wide.1.running_var", "deep.0.weight", "deep.0.bias", "deep.1.weight",
        "deep.1.bias", "deep.1.running_mean", "deep.1.running_var", "classifier.weight", "classifier.bias",
    ]

    private static let cases: [(train: [String: OptionValue], moves: @Sendable (String) -> Bool)] = [
        ([:], { $0.hasPrefix("classifier") }),
        (["freeze": .string("backbone")], { $0.hasPrefix("classifier") }),
        (["freeze": .string("none")], { _ in true }),
        (["freeze": .map(["stages": .number(1)])], { $0.hasPrefix("deep") || $0.hasPrefix("classifier") }),
        (["freeze": .map(["stages": .number(2)])], { !$0.hasPrefix("stem") }),
        (
            ["freeze": .list([.string("stem.*"), .string("wide.0.weight")])],
            {
                !$0.hasPrefix("stem") && $0 != "wide.0.weight"
            }
        ),
        // Statistics follow the layer.
        (
            ["freeze": .list([.string("*.running_mean")])],
            {
                !$0.hasPrefix("stem") && !$0.hasPrefix("wide.1") && !$0.hasPrefix("deep.1")
            }
        ),
        (["freeze": .list([.string("deep.1.weight")])], { $0 != "deep.1.weight" }),
        (["freeze": .list([.string("deep.1.????ht"), .string("deep.1.b*s")])], { !$0.hasPrefix("deep.1") }),
        (
            ["freeze": .string("none"), "batch_norm": .string("frozen")],
            {
                $0.hasPrefix("wide.0") || $0.hasPrefix("deep.0") || $0.hasPrefix("classifier")
            }
        ),
    ]

    @Test(arguments: cases.indices)
    func frozenStaysBitForBit(_ index: Int) throws {
        let (train, moves) = Self.cases[index]
        let staged = try StagedData()
        let base = try staged.base()
        #expect(base.names == Self.names)
        let trained = try WeightFile(path: try staged.run(train).model).load()
        #expect(trained.names == Self.names)
        for name in Self.names {
            #expect((trained[name] != base[name]) == moves(name), "\(name) with \(train)")
        }
    }

    @Test(
        arguments: [
            (
                .map(["stages": .number(4)]),
                "train.freeze.stages: the backbone has fewer stages: expected 1 to 3 (stem, wide, deep), found 4"
            ),
            (
                .map(["stages": .number(0)]),
                "train.freeze.stages: wrong value: expected a whole number from 1 to 1000, found 0"
            ),
            (
                .map(["stage": .number(1)]),
                "train.freeze.stages: missing: expected how many of the backbone's last stages train"
            ),
            (
                .list([.string("wid.*")]),
                "train.freeze: no tensor's name fits the pattern 'wid.*': expected names as in 'stem.weight'; "
                    + "did you mean 'wide.*'?"
            ),
            (.list([.string("*")]), "train.freeze: nothing is left to train: found [*]"),
            (
                .list([.number(3)]),
                "train.freeze: wrong value: expected patterns of names, as in [features.0.*], found 3"
            ),
            (.bool(true), "train.freeze: wrong value: expected a text, found true"),
            (.string("non"), "train.freeze: unknown value 'non'; did you mean 'none'?"),
        ] as [(OptionValue, String)])
    func mistakesAreExplained(_ freeze: OptionValue, _ expected: String) throws {
        let staged = try StagedData(train: 1, test: 1)
        #expect(errorText { _ = try staged.run(["freeze": freeze]) } == expected)
        #expect(!FileManager.default.fileExists(atPath: "\(staged.data.scratch.path)/out"))
    }

    @Test func headsMadeInOnePassAreNotFineTuned() throws {
        let staged = try StagedData()
        let settings = try staged.configuration(
            ["freeze": .string("none")], top: ["head": .map(["kind": .string("prototype")])])
        #expect(
            errorText { _ = try TrainingRun(settings, registry: staged.registry).runHere() }
                == "head.kind: a 'prototype' head is made in one pass over plain pictures; choose another, or leave out "
                + "train.freeze, recipe, phases, mixup and cutmix, and data.augment")
    }

    @Test func theOutlineSaysWhatStays() throws {
        let staged = try StagedData()
        let told = Mutex<TrainingOutline?>(nil)
        let result = try staged.run([
            "phases": .list([
                phase(.string("backbone")),
                phase(.map(["stages": .number(1)]), epochs: 3, ["learning_rate": .number(0.01)]),
                phase(.string("none"), epochs: 1, ["batch_norm": .string("frozen")]),
                phase(.list([.string("wide.1.*")]), epochs: 1),
            ])
        ]) { event in
            if case .outline(let outline) = event { told.withLock { $0 = outline } }
        }
        let phases = try #require(told.withLock { $0 }).phases
        #expect(result.outline?.phases == phases)
        #expect(phases.map(\.epochs) == [2, 3, 1, 1])
        #expect(phases.map(\.learningRate) == [0.001, 0.01, 0.001, 0.001])
        #expect(phases.map(\.cut) == ["pooled", "wide", "stem", nil])
        #expect(phases.map(\.frozen) == [["stem", "wide", "deep"], ["stem", "wide"], ["stem"], []])
        #expect(phases.map(\.trained)[1] == ["deep", "head"])
        // 12 inputs and 3 classes; 24 to 12 with a bias and a norm.
        #expect(phases.map(\.trainedParameters) == [39, 39 + 24 * 12 + 12 + 24, 39 + 3 * 24 + 24 * 12 + 12, 405 + 36])
        #expect(phases.allSatisfy { $0.trainedParameters + $0.frozenParameters == 6 + 72 + 48 + 324 + 39 })
        #expect(phases.map(\.trainedBatchNorms) == [0, 1, 0, 2])
        #expect(
            phases.map(\.batchNormSummary)
                == [
                    "frozen, statistics too", "1 training, 2 frozen, statistics too", "frozen, statistics too",
                    "2 training, 1 frozen, statistics too",
                ])
        #expect(phases[1].inputSummary == "features after 'wide', computed once")
        #expect(phases[3].inputSummary == "the pictures, computed once")
        #expect(phases[1].summary == "deep, head train: 363 parameters; 126 stay")
        #expect(phases.allSatisfy { ($0.secondsPerEpoch ?? 0) > 0 })
        #expect(result.epochs.map(\.phase) == [1, 1, 2, 2, 2, 3, 4])
        #expect(result.epochs.map(\.epoch) == Array(1...7))
    }

    @Test func featuresThatDoNotFitAreMadeAnewAndTheSame() throws {
        let staged = try StagedData()
        let train: [String: OptionValue] = ["freeze": .map(["stages": .number(1)])]
        let kept = try staged.run(train)
        let once = try staged.bytes(kept.model)
        let streamed = try staged.run(train, threads: 2, memoryLimit: 1000)
        #expect(streamed.outline?.phases.map(\.isComputedOnce) == [false])
        #expect(try staged.bytes(streamed.model) == once)
        #expect(try staged.bytes(try staged.run(train, threads: 1, memoryLimit: 1000).model) == once)
    }

    @Test func aFineTunedModelIsWhole() async throws {
        let staged = try StagedData()
        let result = try staged.run([
            "freeze": .string("none"), "epochs": .number(30), "optimizer": .map(["learning_rate": .number(0.02)]),
        ])
        #expect(result.test?.correct == 12)
        let classifier = try LoadedModel(result.model, registry: staged.registry)
        let evaluation = try await classifier.evaluate("\(staged.data.scratch.path)/test")
        #expect(evaluation.assessment == result.test)
        #expect(classifier.metadata.source == "fine-tuned with Graft on: random numbers")
        // The mean of the features that the trained network makes, which classes are added with.
        let paths = try ImageFolder(path: "\(staged.data.scratch.path)/train").pictures.map(\.path)
        let features = try await classifier.embed(paths.map { .path($0) }).features.elements
        let mean = try #require(classifier.metadata.featureMean)
        for index in mean.indices {
            let expected = stride(from: index, to: features.count, by: 12).reduce(0) { $0 + features[$1] } / 24
            #expect(abs(mean[index] - expected) <= 1e-3 * abs(expected) + 1e-6)
        }
    }
}
