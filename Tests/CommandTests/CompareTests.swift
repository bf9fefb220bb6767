import Foundation
import TestSupport
import Testing

/// `graft compare`, as its users run it.
@Suite struct CompareTests {
    let graft: GraftProgram
    let sample = Fixtures.path("sample")

    init() throws { graft = try GraftProgram() }

    @Test func everyPictureIsAnsweredByHeadsThatHadNotLearntIt() throws {
        let result = try graft.run(
            "compare", "\(sample)/train", "--backbones", "efficientnet_lite0", "--heads", "prototype,logistic",
            "--json",
            "--html", "page.html")
        #expect(result.status == 0, "\(result.error)")
        let document = try result.json()
        #expect(document["classes"] as? [String] == ["pizza", "steak", "sushi"])
        #expect(document["folds"] as? Int == 5)
        let candidates = try #require(document["candidates"] as? [[String: Any]])
        #expect(Set(candidates.compactMap { $0["head"] as? String }) == ["prototype", "logistic"])
        let total = try #require(candidates[0]["total"] as? Int)
        for candidate in candidates {
            let correct = try #require(candidate["correct"] as? Int)
            let interval = try #require(candidate["interval_95"] as? [Double])
            #expect(candidate["total"] as? Int == total)
            #expect(correct > total / 2)
            #expect(interval[0] <= Double(correct) / Double(total) && Double(correct) / Double(total) <= interval[1])
            #expect(try #require(candidate["milliseconds"] as? Double) > 0)
            #expect((10.0...20).contains(try #require(candidate["megabytes"] as? Double)))
            #expect(candidate["weights"] as? String == "efficientnet_lite0/imagenet1k")
        }
        // The counts that only one of the two got right explain the difference.
        let difference = try #require(candidates[1]["difference"] as? [String: Any])
        let (this, best) = (difference["only_this"] as? Int ?? 0, difference["only_best"] as? Int ?? 0)
        #expect(best - this == (candidates[0]["correct"] as? Int ?? 0) - (candidates[1]["correct"] as? Int ?? 0))
        let page = try String(contentsOfFile: "\(graft.workspace.path)/page.html", encoding: .utf8)
        #expect(page.contains("Which model for these pictures?") && page.contains("<circle"))
    }

    @Test func aTestFolderIsCounted() throws {
        let result = try graft.run(
            "compare", "\(sample)/train", "--test", "\(sample)/test", "--backbones", "efficientnet_lite0", "--heads",
            "logistic", "--json")
        #expect(result.status == 0, "\(result.error)")
        let document = try result.json()
        #expect(document["folds"] == nil && document["test"] as? String == "\(sample)/test")
        // It is the head that graft train makes of all pictures.
        let configuration = try graft.workspace.file(
            "run.yaml", "data: {train: \(sample)/train, test: \(sample)/test}\nhead: {kind: logistic}\n")
        let trained = try graft.run("train", configuration, "--output", "run", "--json")
        #expect(trained.status == 0, "\(trained.error)")
        let test = try #require(try trained.json()["test"] as? [String: Any])
        let candidates = try #require(document["candidates"] as? [[String: Any]])
        #expect(candidates.count == 1)
        #expect(candidates[0]["correct"] as? Int == test["correct"] as? Int)
        #expect(candidates[0]["total"] as? Int == test["total"] as? Int)
    }

    @Test func namesAreCheckedBeforeAnyWork() throws {
        for (arguments, told) in [
            (["--backbones", "efficientnet_lit0"], "unknown backbone 'efficientnet_lit0'; did you mean"),
            (["--backbones", "resnet18/imagenet"], "unknown weights of resnet18 'imagenet'"),
            (["--heads", "linear,logistik"], "unknown head 'logistik'; did you mean 'logistic'?"),
            (["--heads", "ridge"], "heads: a 'ridge' head does not tell classes apart"),
        ] {
            // The folder is not there: that would be told next.
            let result = try graft.run(["compare", "nowhere"] + arguments)
            #expect(result.status == 1)
            #expect(result.error.contains(told), "\(result.error)")
        }
        for list in ["linear,", "linear,linear", ""] {
            #expect(try graft.run("compare", "nowhere", "--heads", list).status == 64)
        }
    }
}
