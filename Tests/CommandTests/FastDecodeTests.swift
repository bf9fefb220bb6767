import Foundation
import Images
import TestSupport
import Testing

/// `--fast-decode`: nothing changes for pictures of an ordinary size, little for large ones.
@Suite struct FastDecodeTests {
    let graft: GraftProgram

    init() throws { graft = try GraftProgram() }

    private func logits(_ arguments: String...) throws -> [[Double]] {
        let result = try graft.run(["predict", "efficientnet_lite0"] + arguments + ["--json", "--logits"])
        #expect(result.status == 0, "\(result.error)")
        let predictions = try #require(try result.json()["predictions"] as? [[String: Any]])
        return predictions.compactMap { $0["logits"] as? [Double] }
    }

    @Test func smallPicturesGiveTheSameAnswer() throws {
        let folder = Fixtures.path("sample/test/pizza")
        let exact = try logits(folder)
        #expect(exact.count == 10)
        #expect(try logits(folder, "--fast-decode") == exact)
    }

    @Test func largePicturesGiveNearlyTheSameAnswer() throws {
        let small = try Picture(path: Fixtures.path("sample/test/pizza/030.jpg"))
        let large = try small.resized(width: small.width * 6, height: small.height * 6)
        try #require(min(large.width, large.height) >= 1024)
        try Data(try large.jpeg(quality: 95)).write(to: URL(fileURLWithPath: graft.workspace.path + "/large.jpg"))
        let exact = try #require(try logits("large.jpg").first)
        let fast = try #require(try logits("large.jpg", "--fast-decode").first)
        let difference = zip(exact, fast).reduce(0) { max($0, abs($1.0 - $1.1)) }
        #expect(difference > 0, "the flag has no effect")
        #expect(difference < 1)
        #expect(exact.firstIndex(of: exact.max() ?? 0) == fast.firstIndex(of: fast.max() ?? 0))
    }

    @Test func evaluateTakesItToo() throws {
        let trained = try graft.run(
            "train",
            try graft.workspace.file(
                "food.yaml",
                """
                backbone: mobilenet_v3_small
                weights: none
                data: {train: \(Fixtures.path("sample/test"))}
                train: {epochs: 1}
                """), "--output", "run")
        #expect(trained.status == 0, "\(trained.error)")
        let arguments = ["evaluate", "run/model.npz", Fixtures.path("sample/test"), "--json"]
        let exact = try graft.run(arguments)
        #expect(exact.status == 0, "\(exact.error)")
        #expect(try graft.run(arguments + ["--fast-decode"]).output == exact.output)
    }
}
