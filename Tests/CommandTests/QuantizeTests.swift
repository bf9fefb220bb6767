import Foundation
import TestSupport
import Testing

/// `graft quantize`: a model in 8 bits is a model file like any other.
@Suite struct QuantizeTests {
    let graft: GraftProgram
    let sample = Fixtures.path("sample")

    init() throws { graft = try GraftProgram() }

    @Test func aTrainedModelInEightBits() throws {
        let configuration = try graft.workspace.file(
            "food.yaml",
            """
            backbone: efficientnet_lite0
            weights: imagenet1k
            data: {train: \(sample)/train, test: \(sample)/test}
            train: {epochs: 3, batch_size: 32, optimizer: {kind: adam, learning_rate: 0.001}, seed: 42}
            """)
        let trained = try graft.run("train", configuration, "--output", "run", "--json")
        #expect(trained.status == 0, "\(trained.error)")
        // Of 45 pictures one is more than 2 %.
        let made = try graft.run(
            "quantize", "run/model.npz", "int8.npz", "--data", "\(sample)/train", "--agreement", "0.9", "--json")
        #expect(made.status == 0, "\(made.error)")
        let document = try made.json()
        let (calibrated, judged) = (document["calibrated"] as? Int ?? 0, document["judged"] as? Int ?? 0)
        #expect(calibrated >= 32 && judged >= 32 && calibrated + judged <= 90)
        #expect(document["holds"] as? Bool == true)
        let expected = try #require(document["expected_agreement"] as? Double)
        #expect((0.9...1).contains(expected))
        #expect((document["agreeing"] as? Int ?? 0) * 10 >= judged * 9)
        let layers = try #require(document["layers"] as? [[String: Any]])
        #expect(layers.count == 35)
        #expect(layers.count { $0["int8"] as? Bool == true } > 30)
        let accuracy = try #require(document["accuracy"] as? [String: Int])
        #expect(accuracy["total"] == judged)
        let (before, after) = (document["bytes_before"] as? Int ?? 0, document["bytes_after"] as? Int ?? 0)
        #expect(after * 3 < before, "\(after) of \(before)")

        // The same answers from every set of kernels, and from one thread.
        for isa in ["baseline", "avx2", nil] {
            var environment = ["GRAFT_THREADS": "1"]
            environment["GRAFT_ISA"] = isa
            let tested = try graft.run("selftest", "int8.npz", "--json", environment: environment)
            if tested.error.contains("cannot run that instruction set") { continue }
            #expect(tested.status == 0, "\(tested.error)")
        }
        let test = try graft.run("evaluate", "int8.npz", "\(sample)/test", "--json").json()
        let plain = try graft.run("evaluate", "run/model.npz", "\(sample)/test", "--json").json()
        #expect(test["total"] as? Int == 30)
        #expect(abs((test["correct"] as? Int ?? 0) - (plain["correct"] as? Int ?? -9)) <= 1)
        #expect(try graft.run("inspect", "int8.npz").output.contains("int8"))
        #expect(try graft.run("embed", "int8.npz", "\(sample)/test/pizza", "--output", "f.npz").status == 0)
        #expect(try graft.run("export", "int8.npz", "copy.npz").status == 0)
        #expect(try graft.run("selftest", "copy.npz").status == 0)

        let again = try graft.run("quantize", "int8.npz", "other.npz", "--data", "\(sample)/train")
        #expect(again.status == 1 && again.error.contains("in 8 bits already"), "\(again.error)")
    }

    /// Each precision answers, by numbers of its own; the fastest is measured once.
    @Test func precisions() throws {
        let picture = "\(sample)/test/pizza"
        var answers: [String: [Double]] = [:]
        for precision in ["f32", "bf16"] {
            let result = try graft.run(
                "predict", "efficientnet_lite0", picture, "--json", "--logits", "--precision", precision)
            #expect(result.status == 0, "\(result.error)")
            let predictions = try #require(try result.json()["predictions"] as? [[String: Any]])
            answers[precision] = predictions.flatMap { $0["logits"] as? [Double] ?? [] }
        }
        let (plain, rounded) = (try #require(answers["f32"]), try #require(answers["bf16"]))
        let spread = (plain.reduce(0) { $0 + $1 * $1 } / Double(plain.count)).squareRoot()
        let change = (zip(plain, rounded).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) } / Double(plain.count))
            .squareRoot()
        #expect(plain.count == rounded.count && change > 1e-4 * spread && change < 0.05 * spread, "\(change / spread)")

        let missing = try graft.run("predict", "efficientnet_lite0", picture, "--precision", "int8")
        #expect(missing.status == 1)
        #expect(
            missing.error.contains(
                "the model is not in 8 bits; make one that is: graft quantize"),
            "\(missing.error)")

        let first = try graft.run("bench", "mobilenet_v3_small", "--seconds", "0.01", "--precision", "auto", "--json")
        let chosen = try #require(try first.json()["precision"] as? String, "\(first.error)")
        #expect(["f32", "bf16"].contains(chosen))
        let kept = graft.workspace.contents.filter { $0.contains("/precision/") }
        #expect(kept.count == 1)
        // What was measured counts the next time, whatever it was.
        let other = chosen == "f32" ? "bf16" : "f32"
        _ = try graft.workspace.file(try #require(kept.first), other)
        let second = try graft.run("bench", "mobilenet_v3_small", "--seconds", "0.01", "--precision", "auto", "--json")
        #expect(try second.json()["precision"] as? String == other, "\(second.error)")
    }

    /// What a file says of its precision is what is measured, unless something else is asked for.
    @Test func benchOfAModelInBFloat16() throws {
        let configuration = try graft.workspace.file(
            "food.yaml",
            """
            backbone: efficientnet_lite0
            precision: bf16
            data: {train: \(sample)/train}
            train: {epochs: 1}
            """)
        let trained = try graft.run("train", configuration, "--output", "run", "--json")
        #expect(trained.status == 0, "\(trained.error)")
        func measured(_ more: String...) throws -> String? {
            let arguments = ["bench", "run/model.npz", "--seconds", "0.01", "--batch", "1", "--json"] + more
            return try graft.run(arguments).json()["precision"] as? String
        }
        #expect(try measured() == "bf16")
        #expect(try measured("--precision", "f32") == "f32")
    }

    @Test func tooFewPictures() throws {
        let result = try graft.run(
            "quantize", "efficientnet_lite0", "int8.npz", "--data", "\(sample)/test",
            environment: ["GRAFT_THREADS": "2"])
        #expect(result.status == 1)
        #expect(
            result.error.contains(
                "too few pictures to find ranges on and to judge by others: expected at least 64 different pictures, found 30"
            ), "\(result.error)")
        #expect(!graft.workspace.contents.contains("int8.npz"))
    }
}
