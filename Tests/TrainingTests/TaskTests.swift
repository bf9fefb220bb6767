import Data
import Editing
import Exchange
import Foundation
import Heads
import Images
import Inference
import Learning
import Objectives
import Runs
import Testing
import Weights
import Zoo

/// Runs on tables of labels and of numbers, from pictures to files.
@Suite struct TaskTests {
    let data: TinyData

    /// Pictures with a share of red and of green: labels where a share is large, numbers that are the shares.
    init() throws {
        data = try TinyData(train: 1, test: 1)
        for (part, count) in [("train", 48), ("test", 16)] {
            var labels = "path,labels\n"
            var numbers = "path,redness,price\n"
            for index in 0..<count {
                let red = (index * 37 + (part == "test" ? 5 : 0)) % 101
                let green = (index * 53 + 11) % 101
                let pixels = (0..<24 * 20).flatMap { _ in [UInt8(40 + 2 * red), UInt8(40 + 2 * green), UInt8(90)] }
                let name = "\(part)\(index).jpg"
                try data.scratch.write(
                    "tables/\(name)", try Picture(width: 24, height: 20, pixels: pixels).jpeg(quality: 95))
                let told = [red > 55 ? "red" : nil, green > 45 ? "green" : nil].compactMap { $0 }
                labels += "\(name),\(told.joined(separator: ";"))\n"
                numbers += "\(name),\(Double(red) / 100),\(1000 + 50 * green)\n"
            }
            try data.scratch.write("tables/labels-\(part).csv", Array(labels.utf8))
            try data.scratch.write("tables/numbers-\(part).csv", Array(numbers.utf8))
        }
    }

    private func run(
        _ table: String, threads: Int? = nil, data own: [String: OptionValue] = [:],
        train: [String: OptionValue] = [:], head: [String: OptionValue] = [:]
    ) throws -> TrainingResult {
        try data.run(threads: threads) { options in
            options["data"] = .map(
                [
                    "train": .string("\(data.scratch.path)/tables/\(table)-train.csv"),
                    "test": .string("\(data.scratch.path)/tables/\(table)-test.csv"),
                ].merging(own) { $1 })
            options["train"] = .map(
                [
                    "epochs": .number(40), "batch_size": .number(8),
                    "optimizer": .map(["kind": .string("adam"), "learning_rate": .number(0.05)]),
                ].merging(train) { $1 })
            options["head"] = .map(head["kind"] == nil ? ["dropout": .number(0)].merging(head) { $1 } : head)
        }
    }

    private static let regression: [String: OptionValue] = ["task": .string("regression")]

    @Test func labels() async throws {
        let result = try run("labels")
        #expect(result.task == .multilabel && result.classes == ["green", "red"])
        guard case .labels(let figures)? = result.test else {
            Issue.record("not labels: \(String(describing: result.test))")
            return
        }
        #expect(figures.total == 16 && figures.exact >= 14)
        #expect(try #require(figures.meanAveragePrecision) > 0.98)
        #expect(result.epochs.last?.testCorrect != nil)
        // The file says everything: another reader counts the same.
        let loaded = try LoadedModel(result.model, registry: data.registry)
        #expect(loaded.metadata.task == .multilabel)
        #expect(loaded.metadata.thresholds == figures.perLabel.map(\.threshold))
        let counted = try await loaded.evaluate("\(data.scratch.path)/tables/labels-test.csv")
        #expect(counted.assessment == result.test)
        let answer = try await loaded.classify(.path("\(data.scratch.path)/tables/test0.jpg"))
        let logits = try #require(answer.logits)
        for guess in answer.top {
            #expect(abs(guess.probability - 1 / (1 + exp(-Double(logits[guess.index])))) < 1e-12)
            let isTold = guess.probability >= figures.perLabel[guess.index].threshold
            #expect(answer.labels?.contains(guess.name) == isTold)
        }
        #expect(answer.values == nil)
        let html = try String(contentsOfFile: result.report, encoding: .utf8)
        #expect(html.contains("Label by label") && html.contains("with every label right"))
    }

    @Test func numbers() async throws {
        let result = try run("numbers", data: Self.regression)
        #expect(result.task == .regression && result.classes == ["redness", "price"])
        guard case .values(let figures)? = result.test else {
            Issue.record("not values: \(String(describing: result.test))")
            return
        }
        // Prices are thousands, shares below one: both are learnt, and answered in their own units.
        for score in figures.perValue { #expect(try #require(score.r2) > 0.9, "\(score)") }
        #expect(result.epochs.allSatisfy { $0.trainCorrect == nil && $0.testCorrect == nil })
        let loaded = try LoadedModel(result.model, registry: data.registry)
        let counted = try await loaded.evaluate("\(data.scratch.path)/tables/numbers-test.csv")
        #expect(counted.assessment == result.test)
        let answer = try await loaded.classify(.path("\(data.scratch.path)/tables/test0.jpg"))
        #expect(answer.top.isEmpty && answer.labels == nil)
        #expect(answer.values?.map(\.name) == ["redness", "price"])
        #expect(answer.values?.map { Float($0.value) } == answer.logits)
        let html = try String(contentsOfFile: result.report, encoding: .utf8)
        #expect(html.contains("How near it is") && html.contains("<circle") && !html.contains("Accuracy"))
    }

    /// In one pass, in the numbers' own units.
    @Test func numbersInOnePass() async throws {
        let result = try run("numbers", data: Self.regression, head: ["kind": .string("ridge")])
        #expect(result.epochs.count == 1)
        guard case .values(let figures)? = result.test else {
            Issue.record("not values")
            return
        }
        for score in figures.perValue { #expect(try #require(score.r2) > 0.9, "\(score)") }
        let loaded = try LoadedModel(result.model, registry: data.registry)
        #expect(
            try await loaded.evaluate("\(data.scratch.path)/tables/numbers-test.csv").assessment == result.test)
    }

    /// Whatever the threads, and through every format.
    @Test(arguments: ["labels", "numbers"])
    func sameBitsAndFormats(table: String) async throws {
        let own = table == "numbers" ? Self.regression : [:]
        let first = try run(table, threads: 1, data: own)
        let bytes = try Data(contentsOf: URL(fileURLWithPath: first.model))
        let second = try run(table, threads: 3, data: own)
        #expect(try Data(contentsOf: URL(fileURLWithPath: second.model)) == bytes)
        let model = try PortableModel(second.model, registry: data.registry)
        let picture = PictureInput.path("\(data.scratch.path)/tables/test1.jpg")
        let expected = try await LoadedModel(model).classify(picture)
        for ending in ["npz", "safetensors", "pth"] {
            let path = "\(data.scratch.path)/out.\(ending)"
            try model.write(to: path)
            let back = try PortableModel(
                importing: try WeightFile(path: path), backbone: nil, classes: nil, registry: data.registry)
            #expect(back.metadata.task == model.metadata.task)
            #expect(back.metadata.thresholds == model.metadata.thresholds)
            #expect(try await LoadedModel(back).classify(picture) == expected)
        }
    }

    /// Pictures that are made anew in every epoch are taught the same targets.
    @Test func augmented() throws {
        let augment: OptionValue = .map(["flip": .number(0.5)])
        let result = try run("numbers", data: Self.regression.merging(["augment": augment]) { $1 })
        guard case .values(let figures)? = result.test else {
            Issue.record("not values")
            return
        }
        for score in figures.perValue { #expect(try #require(score.r2) > 0.9, "\(score)") }
        let labels = try run("labels", data: ["augment": augment], train: ["mixup": .number(0.1)])
        #expect(try #require(labels.test?.correct) >= 13)
    }

    /// Where the backbone learns, pictures that it has not seen choose from which probability on a label is told.
    @Test func thresholdsOfATrainedBackbone() async throws {
        // Hardly trained: what it answers is not yet about one half.
        let settings: [String: OptionValue] = [
            "freeze": .string("none"), "epochs": .number(1), "label_thresholds": .string("50%"),
            "optimizer": .map(["kind": .string("sgd"), "learning_rate": .number(0.0001)]),
        ]
        let result = try run("labels", train: settings)
        let loaded = try LoadedModel(result.model, registry: data.registry)
        let told = try #require(loaded.metadata.thresholds)
        #expect(told.contains { $0 != 0.5 })
        let all = try ImageFolder(path: "\(data.scratch.path)/tables/labels-train.csv")
        let targets = Targets(all.pictures.map(\.target), task: .multilabel, columns: 2)
        let digests = try all.pictures.map { Hash.sha256(try readFile($0.path, limit: 1 << 20)) }
        let held = StratifiedSplit.heldOut(labels: targets.strata, digests: digests, fraction: 0.5, seed: 42)
        let chosen = held.indices.filter { held[$0] }
        #expect(result.trainImages == 48 - chosen.count)
        #expect(result.notes.contains { $0.hasPrefix("\(chosen.count) of 48 training pictures only choose") })
        var logits: [Float] = []
        for index in chosen {
            logits += try #require(try await loaded.classify(.path(all.pictures[index].path)).logits)
        }
        guard case .labels(let labels) = targets.rows(of: chosen) else { return }
        let expected = LabelThresholds.chosen(logits: try Tensor(shape: labels.shape, elements: logits), labels: labels)
        #expect(zip(told, expected).allSatisfy { abs($0 - $1) < 1e-6 })

        // Two pictures cannot choose anything.
        let few = try run("labels", train: settings.merging(["label_thresholds": .string("5%")]) { $1 })
        #expect(few.trainImages == 48)
        #expect(few.notes.contains { $0.hasPrefix("too few pictures to choose by") })

        let half = try run("labels", train: settings.merging(["label_thresholds": .bool(false)]) { $1 })
        #expect(half.trainImages == 48)
        #expect(try LoadedModel(half.model, registry: data.registry).metadata.thresholds == nil)
    }

    @Test func whatMakesNoSenseIsToldBeforePicturesAreRead() throws {
        func told(
            _ table: String, data own: [String: OptionValue] = [:], train: [String: OptionValue] = [:],
            head: [String: OptionValue] = [:]
        ) throws -> String {
            // A picture that cannot be read would be told first.
            try data.scratch.write("tables/train0.jpg", [])
            return errorText { _ = try run(table, data: own, train: train, head: head) }
        }
        #expect(
            try told("labels", head: ["kind": .string("prototype")])
                == "head.kind: a 'prototype' head cannot learn that: expected classification, found multilabel; "
                + "choose another, as in 'linear'")
        #expect(try told("labels", head: ["binary": .bool(true)]).hasPrefix("head.binary: one output for two classes"))
        #expect(try told("labels", train: ["sampler": .string("balanced")]).hasPrefix("train.sampler: balanced is for"))
        #expect(try told("labels", train: ["none_of_these": .string("5%")]).hasPrefix("train.none_of_these: "))
        #expect(
            try told("labels", train: ["loss": .string("cross_entropy")])
                == "train.loss: the loss 'cross_entropy' does not learn labels; choose another, or leave the key out")
        #expect(
            try told("labels", train: ["class_weights": .map(["blue": .number(2)])]).contains("unknown class 'blue'"))
        let number = Self.regression
        #expect(
            try told("numbers", data: number, train: ["label_smoothing": .number(0.1)]).hasPrefix("train.label_smooth"))
        #expect(
            try told("numbers", data: number, train: ["loss": .string("focal")]).hasPrefix(
                "train.loss: the loss 'focal'"))
        #expect(
            try told(
                "numbers", data: number, train: ["early_stopping": .map(["monitor": .string("test_accuracy")])]
            ).hasPrefix("train.early_stopping.monitor: early stopping watches an accuracy"))
    }

    @Test func classesOfOtherTasks() async throws {
        let labels = try run("labels")
        let model = try ImportedModel(file: try WeightFile(path: labels.model))
        var edit = ClassEdit()
        edit.remove = ["green"]
        edit.add = ["blue"]
        let changed = try await model.editing(edit, registry: data.registry).model
        let threshold = try #require(model.metadata.thresholds?[1])
        #expect(changed.metadata.classes == ["red", "blue"] && changed.metadata.thresholds == [threshold, 0.5])
        #expect(changed.metadata.task == .multilabel)
        let numbers = try run("numbers", data: Self.regression)
        let other = try ImportedModel(file: try WeightFile(path: numbers.model))
        edit.remove = ["price"]
        let text = await asyncErrorText { _ = try await other.editing(edit, registry: data.registry) }
        #expect(text.contains("adding and removing classes is for pictures of one class each"), "\(text)")
    }
}
