import Foundation
import TestSupport
import Testing

/// Heads by configuration, new heads and new classes on a model file: through the command alone.
@Suite struct HeadTests {
    let graft: GraftProgram
    let sample = Fixtures.path("sample")

    init() throws { graft = try GraftProgram() }

    /// Trains on the sample and returns the JSON document.
    private func train(_ name: String, _ overrides: String...) throws -> [String: Any] {
        let configuration = try graft.workspace.file(
            "\(name).yaml", "data: {train: \(sample)/train, test: \(sample)/test}\n")
        let result = try graft.run(
            ["train", configuration, "--output", name, "--json"] + overrides.flatMap { ["--set", $0] })
        #expect(result.status == 0, "\(result.error)")
        return try result.json()
    }

    private func correct(_ model: String, _ data: String) throws -> Int? {
        try graft.run("evaluate", model, data, "--json").json()["correct"] as? Int
    }

    @Test func prototypesAreMadeInOnePass() throws {
        for distance in ["cosine", "euclidean"] {
            let document = try train(distance, "head={kind: prototype, distance: \(distance)}", "pooling=gem")
            #expect((document["epochs"] as? [Any])?.count == 1)
            let test = try #require(document["test"] as? [String: Any])
            #expect(try #require(test["correct"] as? Int) > 20)
            #expect(try correct("\(distance)/model.npz", "\(sample)/test") == test["correct"] as? Int)
        }
    }

    @Test func classesAreAddedRemovedRenamedAndOrdered() throws {
        for dish in ["pizza", "steak"] {
            try FileManager.default.createDirectory(
                atPath: "\(graft.workspace.path)/two", withIntermediateDirectories: true)
            try FileManager.default.createSymbolicLink(
                atPath: "\(graft.workspace.path)/two/\(dish)", withDestinationPath: "\(sample)/train/\(dish)")
        }
        _ = try train("run", "data={train: two}")
        let added = try graft.run(
            "classes", "run/model.npz", "three.npz", "--from-folder", "sushi=\(sample)/train/sushi", "--json")
        #expect(added.status == 0, "\(added.error)")
        let document = try added.json()
        #expect(document["classes"] as? [String] == ["pizza", "steak", "sushi"])
        #expect(document["kept"] as? [String] == ["pizza", "steak"])
        #expect((document["pictures"] as? [String: Int]) == ["sushi": 30])
        // It knows the new class at once, and the others still.
        let confusion = try #require(
            try graft.run("evaluate", "three.npz", "\(sample)/test", "--json").json()["confusion"] as? [[Int]])
        for dish in 0..<3 { #expect(confusion[dish][dish] >= 6, "\(confusion)") }

        let changed = try graft.run(
            "classes", "three.npz", "changed.npz", "--remove", "steak", "--rename", "pizza=pizza_slice", "--add",
            "ramen",
            "--order", "ramen,sushi,pizza_slice")
        #expect(
            changed.output
                == "classes  3: ramen, sushi, pizza_slice\nadded    ramen, not trained yet\nmodel    changed.npz\n")
        func logits(_ model: String) throws -> [Double] {
            let predicted = try graft.run("predict", model, "\(sample)/test/pizza/030.jpg", "--json", "--logits").json()
            let first = try #require((predicted["predictions"] as? [[String: Any]])?.first)
            return try #require(first["logits"] as? [Double])
        }
        let (before, after) = (try logits("three.npz"), try logits("changed.npz"))
        #expect(after[2] == before[0] && after[1] == before[2])
        let metadata = try #require(
            try graft.run("inspect", "changed.npz", "--json").json()["metadata"] as? [String: Any])
        let edits = try #require(metadata["edits"] as? [[String: Any]])
        #expect(edits.count == 2)
        #expect(try graft.run("selftest", "changed.npz").status == 0)
        #expect(edits[1]["removed"] as? [String] == ["steak"])
        #expect(edits[1]["renamed"] as? [String: String] == ["pizza": "pizza_slice"])
    }

    @Test func aModelIsRetargeted() throws {
        _ = try train("run")
        let configuration = try graft.workspace.file("new.yaml", "data: {classes: [sushi, ramen]}\n")
        let result = try graft.run("retarget", "run/model.npz", configuration, "new.npz")
        #expect(
            result.output == """
                245 loaded, 0 missing, 2 of another shape, 0 unexpected
                shape       classifier.1.weight: 3x1280 instead of 2x1280
                shape       classifier.1.bias: 3 instead of 2
                kept        sushi
                new         ramen: random until trained
                model       new.npz

                """)
        let predicted = try graft.run("predict", "new.npz", "\(sample)/test/sushi", "--json", "--top", "2").json()
        #expect((predicted["predictions"] as? [Any])?.count == 10)
        #expect(try graft.run("selftest", "new.npz").status == 0)
        let json = try graft.run(
            "retarget", "run/model.npz", configuration, "mlp.npz", "--set", "head={kind: mlp, hidden: [8]}", "--json")
        let report = try #require(try json.json()["report"] as? [String: Any])
        #expect(report["missing"] as? [String] == ["head.0.weight", "head.0.bias"])
        #expect((report["mismatched"] as? [[String: Any]])?.first?["expected"] as? [Int] == [2, 8])
    }

    @Test func mistakesAreOneLineAndLeaveNothing() throws {
        _ = try train("run", "train.epochs=1")
        func failure(_ arguments: String...) throws -> String {
            let before = graft.workspace.contents
            let result = try graft.run(arguments)
            #expect(result.status == 1 && result.output == "")
            #expect(graft.workspace.contents == before)
            return result.error
        }
        let model = "run/model.npz"
        #expect(
            try failure("classes", model, "x.npz", "--remove", "steack")
                == "error: unknown class 'steack'; did you mean 'steak'?\n")
        #expect(
            try failure("classes", model, "x.npz", "--rename", "pizza")
                == "error: --rename needs two names: expected NAME=NEW, found 'pizza'\n")
        #expect(
            try failure("classes", model, "x.pth", "--add", "ramen")
                == "error: x.pth: a model file is an .npz: expected a name that ends in .npz\n")
        #expect(
            try failure("classes", model, "x.npz", "--from-folder", "ramen=nowhere")
                == "error: nowhere: no such file or folder; check the path\n")
        let empty = try graft.workspace.file("empty.yaml", "data: {classes: []}\n")
        #expect(
            try failure("retarget", model, empty, "x.npz")
                == "error: \(empty): data.classes: a head needs at least one class: expected at least one name, "
                + "found none; name the classes, or leave the key out\n")
        let other = try graft.workspace.file("other.yaml", "backbone: resnet18\n")
        #expect(
            try failure("retarget", model, other, "x.npz")
                == "error: \(model): the model has another backbone: expected resnet18, found efficientnet_lite0; "
                + "set backbone: efficientnet_lite0\n")
    }
}
