import RunConfiguration
import Data
import Editing
import Foundation
import Heads
import Inference
import Objectives
import Runs
import Testing
import Weights
import Zoo

/// New classes and new heads on a trained model.
@Suite struct EditTests {
    let data: TinyData
    let model: ImportedModel

    init() throws {
        data = try TinyData()
        model = try ImportedModel(path: try data.run().model)
    }

    private func edit(_ change: @Sendable (inout ClassEdit) -> Void) async throws -> ClassEditResult {
        var edit = ClassEdit()
        change(&edit)
        return try await model.editing(edit, registry: data.registry)
    }

    /// A class' row and bias.
    private func row(_ name: String, of model: ImportedModel) throws -> [Float] {
        let index = try #require(model.metadata.classes.firstIndex(of: name))
        let weight = try #require(model.tensors["classifier.weight"])
        let width = weight.shape[1]
        return Array(weight.elements[index * width..<(index + 1) * width])
            + [try #require(model.tensors["classifier.bias"]).elements[index]]
    }

    private func configuration(
        _ change: (inout [String: OptionValue]) -> Void = { _ in }
    ) throws -> TrainingConfiguration {
        var options: [String: OptionValue] = ["backbone": .string("tiny")]
        change(&options)
        return try TrainingConfiguration(options: Options(options), text: "backbone: tiny\n", needsPictures: false)
    }

    // MARK: classes

    /// Equal strings, and no less two classes.
    @Test func namesThatReadTheSameAreToldApart() throws {
        let classes = ["caf\u{E9}", "cafe\u{301}", "tea"]
        var edit = ClassEdit()
        edit.remove = ["cafe\u{301}"]
        #expect(try edit.result(from: classes).map(\.origin) == [0, 2])
        edit = ClassEdit()
        edit.order = ["tea", "cafe\u{301}", "caf\u{E9}"]
        #expect(try edit.result(from: classes).map(\.origin) == [2, 1, 0])
        // Where there is one of them only, it is meant however it was typed.
        edit = ClassEdit()
        edit.rename = [.init(from: "cafe\u{301}", to: "coffee")]
        #expect(try edit.result(from: ["caf\u{E9}", "tea"]).map(\.name) == ["coffee", "tea"])

        let weights = ClassWeights.perClass(["caf\u{E9}": 3])
        #expect(try weights.values(classes: classes, counts: [1, 1, 1]) == [3, 1, 1])
        #expect(try weights.values(classes: ["cafe\u{301}", "tea"], counts: [1, 1]) == [3, 1])
    }

    @Test func learntRowsKeepTheirBits() async throws {
        let result = try await edit {
            $0.remove = ["green"]
            $0.rename = [ClassEdit.Renaming(from: "blue", to: "navy")]
            $0.add = ["black", "white"]
            $0.order = ["white", "red", "navy", "black"]
        }
        #expect(result.model.metadata.classes == ["white", "red", "navy", "black"])
        #expect(result.kept == ["red", "navy"])
        #expect(result.added == ["white", "black"])
        #expect(try row("red", of: result.model) == row("red", of: model))
        #expect(try row("navy", of: result.model) == row("blue", of: model))
        for name in model.tensors.names where !name.hasPrefix("classifier") {
            #expect(result.model.tensors[name] == model.tensors[name])
        }
        // Through a file, and in use.
        let path = "\(data.scratch.path)/edited.npz"
        try result.model.write(to: path)
        #expect(try ImportedModel(path: path).tensors == result.model.tensors)
        let picture = [PictureInput.path("\(data.scratch.path)/test/red/0.jpg")]
        let before = try await LoadedModel(model, registry: data.registry).classify(picture).predictions[0]
        let after = try await LoadedModel(path, registry: data.registry).classify(picture).predictions[0]
        #expect(after.logits?[1] == before.logits?[2] && after.logits?[2] == before.logits?[0])
    }

    @Test func untrainedClassesAreNeverTheAnswer() async throws {
        let result = try await edit { $0.add = ["black"] }
        let (old, new) = (try row("black", of: result.model), result.model)
        let rows = try ["blue", "green", "red"].map { try row($0, of: model).map(Double.init) }
        for column in old.indices {
            #expect(abs(Double(old[column]) - rows.reduce(0) { $0 + $1[column] } / 3) < 1e-7)
        }
        let evaluation = try await LoadedModel(new, registry: data.registry).evaluate("\(data.scratch.path)/test")
            .assessment
        #expect(evaluation.correct == 12)
        #expect(try #require(evaluation.evaluation).confusion.allSatisfy { $0[3] == 0 })
    }

    /// Of a head whose rows are of one length no mean of rows is below the others.
    @Test func untrainedClassesOfUnitRowsAreNeverTheAnswer() async throws {
        let cosine = try ImportedModel(path: try data.run { $0["head"] = .map(["kind": .string("cosine")]) }.model)
        var edit = ClassEdit()
        edit.add = ["black"]
        let result = try await cosine.editing(edit, registry: data.registry)
        let evaluation = try await LoadedModel(result.model, registry: data.registry)
            .evaluate("\(data.scratch.path)/test").assessment
        #expect(evaluation.correct == 12)
        #expect(try #require(evaluation.evaluation).confusion.allSatisfy { $0[3] == 0 })
        #expect(result.kept == ["blue", "green", "red"])
    }

    @Test func theFileRecordsTheEdit() async throws {
        let result = try await edit {
            $0.remove = ["green"]
            $0.rename = [ClassEdit.Renaming(from: "blue", to: "navy")]
            $0.add = ["black"]
        }
        let metrics = try #require(model.metadata.metrics)
        #expect(
            result.model.metadata.edits == [
                .map([
                    "edit": .string("classes"), "removed": .list([.string("green")]),
                    "renamed": .map(["blue": .string("navy")]), "added": .list([.string("black")]),
                    "metrics_before": .map(metrics),
                ])
            ])
        #expect(result.model.metadata.metrics == nil)
        // Names and order change no figure.
        let renamed = try await edit { $0.rename = [ClassEdit.Renaming(from: "blue", to: "navy")] }.model
        #expect(renamed.metadata.metrics == metrics)
        #expect(renamed.tensors == model.tensors)
        var again = ClassEdit()
        again.order = ["red", "navy", "green"]
        #expect(try await renamed.editing(again, registry: data.registry).model.metadata.edits?.count == 2)
    }

    /// A hidden layer that never saw the new class blurs it: two pictures of the others may be lost to it.
    @Test(
        "from pictures",
        arguments: [
            ("linear", 1, 12), ("linear", 8, 12), ("prototype", 1, 12), ("mlp", 8, 10), ("cosine", 1, 12),
            ("cosine", 8, 12),
        ])
    func aClassFromPicturesWorksAtOnce(kind: String, count: Int, right: Int) async throws {
        let root = data.scratch.path
        // Learn two classes, add the third.
        for (part, colours) in [("two", ["red", "green"])] {
            for colour in colours {
                for index in 0..<8 {
                    try data.scratch.write(
                        "\(part)/\(colour)/\(index).jpg",
                        TinyData.picture(colour == "red" ? 0 : 1, shade: index * 7))
                }
            }
        }
        let trained = try data.run {
            $0["data"] = .map(["train": .string("\(root)/two"), "split": .number(0)])
            $0["head"] = .map(["kind": .string(kind)])
        }
        let two = try ImportedModel(path: trained.model)
        var edit = ClassEdit()
        edit.examples = [
            ClassEdit.Example(name: "blue", paths: (0..<count).map { "\(root)/train/blue/\($0).jpg" })
        ]
        let result = try await two.editing(edit, registry: data.registry)
        #expect(result.pictures == ["blue": count])
        #expect(result.model.metadata.classes == ["green", "red", "blue"])
        let evaluation = try await LoadedModel(result.model, registry: data.registry).evaluate("\(root)/test")
            .assessment
        #expect(try #require(evaluation.correct) >= right, "\(evaluation)")
        #expect(evaluation.evaluation?.confusion[2] == [0, 0, 4])
        let old = try #require(two.tensors["classifier.weight"]).elements
        #expect(Array(try #require(result.model.tensors["classifier.weight"]).elements.prefix(old.count)) == old)
        let edits = try #require(result.model.metadata.edits)
        guard case .map(let map)? = edits.first else { throw GraftError(.invalidData, "no edit") }
        #expect(map["pictures"] == .map(["blue": .number(Double(count))]))
        #expect(map["added"] == .list([.string("blue")]))
    }

    @Test func classesThatCannotBeSo() async throws {
        func text(_ change: @Sendable (inout ClassEdit) -> Void) async -> String {
            await asyncErrorText { _ = try await edit(change) }
        }
        #expect(await text { $0.remove = ["gren"] } == "unknown class 'gren'; did you mean 'green'?")
        #expect(
            await text { $0.rename = [ClassEdit.Renaming(from: "gren", to: "x")] }
                == "unknown class 'gren'; did you mean 'green'?")
        #expect(
            await text { $0.add = ["red"] } == "two classes would be named 'red'; remove or rename one of them first")
        #expect(
            await text { $0.rename = [ClassEdit.Renaming(from: "blue", to: "red")] }
                == "two classes would be named 'red'; remove or rename one of them first")
        #expect(
            await text {
                $0.remove = ["blue"]
                $0.rename = [ClassEdit.Renaming(from: "blue", to: "x")]
            } == "class 'blue' is changed twice")
        #expect(
            await text { $0.remove = ["blue", "red"] }
                == "nothing would remain to tell apart: expected at least 2, found 1")
        #expect(
            await text {
                $0.remove = ["blue", "red", "green"]
                $0.add = ["a", "b"]
            } == "no learnt class would remain: expected at least 1, found 0")
        #expect(
            await text { $0.order = ["red", "blue", "gren"] } == "order: unknown class 'gren'; did you mean 'green'?")
        #expect(
            await text { $0.order = ["red", "blue"] }
                == "order: not an order of all classes: expected 3 names, found no 'green'")
        #expect(await text { $0.add = [""] } == "a class needs a name: found ''")
        #expect(
            await text { _ in } == "no change of classes was asked for; use --add, --remove, --rename or --order")
        let broken = try data.scratch.write("new/x.jpg", [1, 2, 3])
        #expect(
            await text { $0.examples = [ClassEdit.Example(name: "x", paths: [broken])] }
                .hasPrefix("\(broken): no picture of the new class 'x' can be read: found "))
    }

    // MARK: retarget

    @Test func rowsOfClassesThatKeepTheirNamesStay() throws {
        let result = try model.retargeted(
            try configuration { $0["data"] = .map(["classes": .list([.string("red"), .string("ramen")])]) },
            registry: data.registry)
        #expect(result.kept == ["red"] && result.new == ["ramen"])
        #expect(result.model.metadata.classes == ["red", "ramen"])
        #expect(try row("red", of: result.model) == row("red", of: model))
        #expect(result.report.mismatched.map(\.name) == ["classifier.weight", "classifier.bias"])
        #expect(
            result.report.mismatched.first?.expected == [2, 16] && result.report.mismatched.first?.found == [3, 16])
        #expect(result.report.loaded.count == 6)
        _ = try LoadedModel(result.model, registry: data.registry)
        #expect(result.model.metadata.metrics == nil)
        #expect(
            result.model.metadata.edits?.count == 1 && result.model.metadata.configuration == "backbone: tiny\n")
        // As many classes with other names are other classes.
        let renamed = try model.retargeted(
            try configuration { $0["data"] = .map(["classes": .list(["a", "b", "red"].map(OptionValue.string))]) },
            registry: data.registry)
        #expect(renamed.kept == ["red"] && renamed.report.isExact)
        #expect(try row("a", of: renamed.model) != row("blue", of: model))
    }

    @Test func anotherKindOfHeadKeepsTheBackbone() throws {
        let result = try model.retargeted(
            try configuration {
                $0["head"] = .map(["kind": .string("mlp"), "hidden": .list([.number(4)])])
                $0["pooling"] = .string("avg+max")
                $0["data"] = .map(["train": .string("\(data.scratch.path)/train")])
            }, registry: data.registry)
        #expect(result.kept.isEmpty && result.new == ["blue", "green", "red"])
        #expect(result.report.missing == ["head.0.weight", "head.0.bias"])
        #expect(result.model.metadata.pooling == "avg+max")
        #expect(result.model.metadata.featureMean == nil)
        #expect(result.model.tensors["head.0.weight"]?.shape == [4, 32])
        for name in model.tensors.names where name.hasPrefix("features") {
            #expect(result.model.tensors[name] == model.tensors[name])
        }
        _ = try LoadedModel(result.model, registry: data.registry)
    }

    @Test func oneClassIsAYesOrNo() async throws {
        let result = try model.retargeted(
            try configuration { $0["data"] = .map(["classes": .list([.string("hot dog")])]) }, registry: data.registry)
        let prediction = try await LoadedModel(result.model, registry: data.registry)
            .classify([.path("\(data.scratch.path)/test/red/0.jpg")]).predictions[0]
        let logit = Double(try #require(prediction.logits?.first))
        #expect(prediction.top.map(\.name) == ["hot dog"])
        #expect(abs(prediction.top[0].probability - 1 / (1 + exp(-logit))) < 1e-12)
    }

    @Test func aHundredThousandClasses() async throws {
        let names = (0..<100_000).map { "class \($0)" }
        let result = try model.retargeted(
            try configuration { $0["data"] = .map(["classes": .list(names.map(OptionValue.string))]) },
            registry: data.registry)
        #expect(result.model.tensors["classifier.weight"]?.shape == [100_000, 16])
        let prediction = try await LoadedModel(result.model, registry: data.registry)
            .classify([.path("\(data.scratch.path)/test/red/0.jpg")]).predictions[0]
        #expect(prediction.logits?.count == 100_000 && prediction.top.count == 5)
        var edit = ClassEdit()
        edit.remove = ["class 7"]
        #expect(
            try await result.model.editing(edit, registry: data.registry).model.tensors["classifier.bias"]?.shape == [
                99_999
            ])
        #expect(
            errorText {
                _ = try model.retargeted(
                    try configuration {
                        $0["data"] = .map(["classes": .list((names + ["one more"]).map(OptionValue.string))])
                    }, registry: data.registry)
            } == "head: a head cannot have that many classes: expected 1 to 100000, found 100001")
    }

    @Test func retargetingRefusals() throws {
        #expect(
            errorText {
                _ = try model.retargeted(
                    try configuration { $0["backbone"] = .string("small") }, name: "m.npz", registry: data.registry)
            } == "m.npz: the model has another backbone: expected small, found tiny; set backbone: tiny")
        #expect(
            errorText { _ = try configuration { $0["data"] = .map(["classes": .list([])]) } }
                == "data.classes: a head needs at least one class: expected at least one name, found none; "
                + "name the classes, or leave the key out")
        #expect(
            errorText { _ = try configuration { $0["data"] = .map(["classes": .list([.string("a"), .string("a")])]) } }
                == "data.classes: 'a' is named twice")
        var damaged = model
        damaged.tensors["features.norm.bias"] = nil
        #expect(
            errorText { _ = try damaged.retargeted(try configuration(), name: "m.npz", registry: data.registry) }
                == "m.npz: the weights do not fit the model: expected 6 tensors, found 1 missing (features.norm.bias); "
                + "or accept new ones with --partial")
        let partial = try damaged.retargeted(try configuration(), isPartial: true, registry: data.registry)
        #expect(partial.report.missing == ["features.norm.bias"])
        #expect(partial.model.tensors["features.norm.bias"]?.shape == [8])
    }
}
