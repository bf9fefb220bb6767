import Foundation
import TestSupport
import Testing

/// What comes after fine-tuning: the backbone is no longer the one that was published, and every command knows it.
@Suite struct FineTunedTests {
    let graft: GraftProgram
    let sample = Fixtures.path("sample")
    /// What training counted.
    let confusion: [[Int]]

    init() throws {
        graft = try GraftProgram()
        let configuration = try graft.workspace.file(
            "food.yaml",
            """
            backbone: efficientnet_lite0
            data: {train: \(sample)/train, test: \(sample)/test}
            preprocessing: {resize: 72, crop: 64}
            train: {epochs: 2, freeze: {stages: 1}, optimizer: {kind: sgd, learning_rate: 0.02}}
            """)
        let trained = try graft.run("train", configuration, "--output", "run", "--json")
        try #require(trained.status == 0, "\(trained.error)")
        let test = try #require(try trained.json()["test"] as? [String: Any])
        confusion = try #require(test["confusion"] as? [[Int]])
    }

    private func bytes(_ name: String) throws -> Data {
        try Data(contentsOf: URL(fileURLWithPath: "\(graft.workspace.path)/\(name)"))
    }

    private func logits(_ model: String) throws -> [[Double]] {
        let result = try graft.run("predict", model, "\(sample)/test/pizza", "--json", "--logits")
        try #require(result.status == 0, "\(result.error)")
        return try #require(try result.json()["predictions"] as? [[String: Any]]).map {
            try #require($0["logits"] as? [Double])
        }
    }

    @Test func everyFormatAnswersTheSame() throws {
        let expected = try logits("run/model.npz")
        for name in ["tuned.npz", "tuned.safetensors", "tuned.pth"] {
            let result = try graft.run("export", "run/model.npz", name)
            #expect(result.status == 0, "\(result.error)")
            #expect(try logits(name) == expected, "\(name)")
            let evaluated = try graft.run("evaluate", name, "\(sample)/test", "--json").json()
            #expect(evaluated["confusion"] as? [[Int]] == confusion, "\(name)")
            #expect(try graft.run("selftest", name).status == 0)
        }
        // What ONNX Runtime makes of such a file is tested elsewhere; here, that it holds the changed values.
        for (model, name) in [("run/model.npz", "tuned.onnx"), ("efficientnet_lite0", "published.onnx")] {
            #expect(try graft.run("export", model, name).status == 0)
        }
        let last = try tensor("features.8.0.weight", in: "tuned.safetensors")
        #expect(try bytes("tuned.onnx").range(of: last) != nil)
        #expect(try bytes("published.onnx").range(of: last) == nil)
    }

    /// The first values of a tensor, as bytes.
    private func tensor(_ name: String, in file: String) throws -> Data {
        let bytes = try bytes(file)
        let length = bytes.prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) }
        let header = try #require(
            try JSONSerialization.jsonObject(with: bytes[8..<8 + length]) as? [String: Any])
        let entry = try #require(header[name] as? [String: Any])
        let start = 8 + length + (try #require(entry["data_offsets"] as? [Int]))[0]
        return bytes[start..<start + 64]
    }

    @Test func aHeadBelongsToTheChangedBackbone() throws {
        let written = try graft.run("export", "run/model.npz", "head.npz", "--head-only", "--json").json()
        let base = try #require(written["head_of"] as? [String: String])
        #expect(base["name"] == "model.npz")
        let hash = try #require(base["sha256"])
        let refused = try graft.run("import", "head.npz", "joined.npz", "--base", "efficientnet_lite0")
        #expect(refused.status == 1)
        let published = try #require(
            try graft.run("export", "efficientnet_lite0", "published.npz", "--head-only", "--json").json()["head_of"]
                as? [String: String])["sha256"]
        #expect(
            refused.error
                == "error: head.npz: the head was trained on another base: expected model.npz (SHA-256 \(hash)), found "
                + "efficientnet_lite0/imagenet1k (SHA-256 \(published ?? "")); name the base that the head was exported "
                + "with\n")
        #expect(try graft.run("import", "head.npz", "joined.npz", "--base", "run/model.npz").status == 0)
        #expect(try graft.run("export", "run/model.npz", "whole.npz").status == 0)
        #expect(try bytes("joined.npz") == bytes("whole.npz"))
    }

    @Test func anotherHeadKeepsTheChangedBackbone() throws {
        let configuration = try graft.workspace.file("dishes.yaml", "data: {classes: [sushi, ramen, pizza]}\n")
        let result = try graft.run("retarget", "run/model.npz", configuration, "dishes.npz")
        #expect(result.status == 0, "\(result.error)")
        #expect(result.output.contains("kept        sushi, pizza\nnew         ramen: random until trained\n"))
        let (old, new) = (try logits("run/model.npz"), try logits("dishes.npz"))
        #expect(new.map { [$0[0], $0[2]] } == old.map { [$0[2], $0[0]] })
        let hashes = try ["run/model.npz", "dishes.npz"].map { model in
            try graft.run("export", model, "head.npz", "--head-only", "--json").json()["head_of"] as? [String: String]
        }
        #expect(hashes[0]?["sha256"] != nil && hashes[0]?["sha256"] == hashes[1]?["sha256"])
    }
}
