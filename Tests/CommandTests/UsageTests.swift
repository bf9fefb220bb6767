import Testing

/// What every command says when it is asked or used wrongly.
@Suite struct UsageTests {
    let graft: GraftProgram

    init() throws { graft = try GraftProgram() }

    @Test(arguments: [
        "models", "summary", "fetch", "convert", "inspect", "train", "evaluate", "predict", "embed", "bench",
        "export", "import", "selftest",
        "retarget", "classes", "augment",
    ])
    func everyCommandExplainsItselfWithAnExample(command: String) throws {
        let help = try graft.run(command, "--help")
        #expect(help.status == 0)
        #expect(help.output.contains("EXAMPLES:"))
        #expect(help.output.contains("graft \(command) "))
    }

    @Test func wrongUsageExitsWith64() throws {
        let unknown = try graft.run("train")
        #expect(unknown.status == 64)
        #expect(unknown.error.contains("Missing expected argument '<configuration>'"))
        #expect(try graft.run("predict", "efficientnet_lite0", "a.jpg", "--tpo", "3").status == 64)
    }

    @Test func aMistypedCommandGetsTheNearestOne() throws {
        let result = try graft.run("predct", "efficientnet_lite0", "a.jpg")
        #expect(result.status == 64)
        #expect(result.error == "error: unknown command 'predct'; did you mean 'predict'?\n")
    }

    @Test func completionsAreMadeForEveryShell() throws {
        for shell in ["bash", "zsh", "fish"] {
            let script = try graft.run("--generate-completion-script", shell)
            #expect(script.status == 0)
            #expect(script.output.contains("predict"))
        }
    }

    @Test func modelsAreListedForPeopleAndForPrograms() throws {
        let text = try graft.run("models")
        #expect(text.status == 0)
        #expect(text.output.contains("efficientnet_b0"))
        #expect(text.output.contains("5,288,548"))
        let backbones = try #require(try graft.run("models", "--json").json()["backbones"] as? [[String: Any]])
        let lite = try #require(backbones.first { $0["name"] as? String == "efficientnet_lite0" })
        #expect(lite["parameters"] as? Int == 4_652_008)
        let weights = try #require(lite["weights"] as? [[String: Any]])
        #expect(weights.first?["here"] as? String == "bundled")
    }

    @Test func aMistypedNameGetsTheNearestOne() throws {
        let result = try graft.run("summary", "efficientnet_bo")
        #expect(result.status == 1)
        #expect(result.error == "error: unknown backbone 'efficientnet_bo'; did you mean 'efficientnet_b0'?\n")
    }

    @Test func benchMeasures() throws {
        let document = try graft.run(
            "bench", "mobilenet_v3_small", "--batch", "1,2", "--seconds", "0.05", "--layers", "--json"
        ).json()
        let results = try #require(document["results"] as? [[String: Any]])
        #expect(results.map { $0["batch"] as? Int } == [1, 2])
        #expect(results.allSatisfy { ($0["median_ms"] as? Double ?? 0) > 0 && ($0["gflops"] as? Double ?? 0) > 0 })
        #expect((document["layers"] as? [[String: Any]])?.isEmpty == false)
        #expect(document["isa"] is String && document["threads"] is Int)
    }
}
