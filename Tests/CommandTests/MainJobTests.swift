import Foundation
import TestSupport
import Testing

/// From a folder of pictures to answers, through the command alone.
@Suite struct MainJobTests {
    let graft: GraftProgram
    let sample = Fixtures.path("sample")

    init() throws { graft = try GraftProgram() }

    private func configuration() throws -> String {
        try graft.workspace.file(
            "food.yaml",
            """
            backbone: efficientnet_lite0
            weights: imagenet1k
            head: {kind: linear, dropout: 0.2}
            data: {train: \(sample)/train, test: \(sample)/test}
            train: {epochs: 2, batch_size: 32, optimizer: {kind: adam, learning_rate: 0.001}, seed: 42}
            """)
    }

    @Test func trainEvaluatePredictEmbed() throws {
        let trained = try graft.run(
            "train", try configuration(), "--set", "train.epochs=3", "--output", "run", "--json")
        #expect(trained.status == 0, "\(trained.error)")
        let document = try trained.json()
        #expect(document["classes"] as? [String] == ["pizza", "steak", "sushi"])
        #expect(document["train_images"] as? Int == 90)
        #expect(document["test_images"] as? Int == 30)
        #expect((document["epochs"] as? [[String: Any]])?.count == 3)
        let test = try #require(document["test"] as? [String: Any])
        #expect(test["total"] as? Int == 30)
        let files = Set(graft.workspace.contents.filter { $0.hasPrefix("run/") })
        #expect(
            files == ["run/config.yaml", "run/curves.svg", "run/metrics.jsonl", "run/model.npz", "run/report.html"])

        // The file alone predicts as training counted.
        let evaluated = try graft.run("evaluate", "run/model.npz", "\(sample)/test", "--json").json()
        #expect(evaluated["correct"] as? Int == test["correct"] as? Int)
        #expect((evaluated["confusion"] as? [[Int]])?.count == 3)

        let predicted = try graft.run(
            "predict", "run/model.npz", "\(sample)/test", "--json", "--logits", "--html", "page.html")
        let predictions = try #require(try predicted.json()["predictions"] as? [[String: Any]])
        #expect(predictions.count == 30)
        #expect((predictions.first?["logits"] as? [Double])?.count == 3)
        #expect(graft.workspace.contents.contains("page.html"))

        let rows = try graft.run("predict", "run/model.npz", "\(sample)/test/pizza", "--csv", "--top", "1").output
        #expect(rows.split(separator: "\n").count == 11)
        #expect(rows.hasPrefix("path,rank,class,index,probability\n"))

        let embedded = try graft.run("embed", "run/model.npz", "\(sample)/test/pizza", "--output", "f.npz", "--json")
            .json()
        #expect(embedded["features"] as? Int == 1280)
        #expect(try graft.run("inspect", "f.npz").output.contains("10x1280"))
        #expect(try graft.run("summary", "run/model.npz", "--json").json()["layers"] != nil)
    }

    @Test func theSameSeedGivesTheSameFileWhateverTheThreads() throws {
        let configuration = try configuration()
        let one = try graft.run("train", configuration, "--output", "one", environment: ["GRAFT_THREADS": "1"])
        let two = try graft.run(
            "train", configuration, "--output", "one2", "--set", "output=two", "--set", "cache=false",
            environment: ["GRAFT_THREADS": "2"])
        #expect(one.status == 0 && two.status == 0, "\(one.error)\(two.error)")
        func metrics(_ folder: String) throws -> [String] {
            try String(contentsOfFile: "\(graft.workspace.path)/\(folder)/metrics.jsonl", encoding: .utf8)
                .split(separator: "\n").map { line in
                    // Seconds are the only figure that may differ.
                    line.split(separator: ",").filter { !$0.contains("seconds") }.joined(separator: ",")
                }
        }
        #expect(try metrics("one") == metrics("one2"))
    }

    @Test func aPretrainedNamePredictsWithoutTraining() throws {
        let result = try graft.run("predict", "efficientnet_lite0", "\(sample)/test/pizza", "--json", "--top", "5")
        #expect(result.status == 0, "\(result.error)")
        let predictions = try #require(try result.json()["predictions"] as? [[String: Any]])
        let pizzas = predictions.filter { prediction in
            (prediction["top"] as? [[String: Any]])?.first?["class"] as? String == "pizza"
        }
        #expect(pizzas.count >= 5, "ImageNet's pizza on \(pizzas.count) of 10 ray-traced pizzas")
    }

    @Test func aBrokenPictureIsSkippedAndListedOrFatal() throws {
        let folder = "\(graft.workspace.path)/data"
        try FileManager.default.copyItem(atPath: "\(sample)/train", toPath: folder)
        let picture = try Data(contentsOf: URL(fileURLWithPath: "\(folder)/pizza/000.jpg"))
        try picture.prefix(picture.count / 2).write(to: URL(fileURLWithPath: "\(folder)/pizza/broken.jpg"))
        let lenient = try graft.run("train", try configuration(), "--set", "data={train: data}", "--output", "run")
        #expect(lenient.status == 0, "\(lenient.error)")
        #expect(lenient.output.contains("1 skipped:\n  data/pizza/broken.jpg: "))
        let strict = try graft.run(
            "train", try configuration(), "--set", "data={train: data}", "--output", "strict", "--strict")
        #expect(strict.status == 1)
        #expect(strict.error.contains("error: data/pizza/broken.jpg: "))
        #expect(!graft.workspace.contents.contains { $0.hasPrefix("strict") })
    }
}
