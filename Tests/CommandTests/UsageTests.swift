import Images
import TestSupport
import Testing
import Zoo

/// What every command says when it is asked or used wrongly.
@Suite struct UsageTests {
    let graft: GraftProgram

    init() throws { graft = try GraftProgram() }

    @Test(arguments: [
        "models", "summary", "fetch", "convert", "inspect", "train", "lr-find", "evaluate", "predict", "embed", "bench",
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
        #expect(unknown.error.hasPrefix("error: give a configuration, or --resume with an output directory"))
        let mistyped = try graft.run("predict", "efficientnet_lite0", "a.jpg", "--tpo", "3")
        #expect(mistyped.status == 64 && mistyped.output == "")
        #expect(mistyped.error == "error: unknown option '--tpo'; did you mean '--top'?\n")
        #expect(try graft.run("predict").error == "error: missing expected argument '<model>'\n")
        let value = try graft.run("predict", "efficientnet_lite0", "a.jpg", "--top", "x")
        #expect(value.error == "error: the value 'x' is invalid for '--top <top>'\n")
        #expect(
            try graft.run("predict", "efficientnet_lite0", "a.jpg", "--top", "0").error
                == "error: --top must be at least 1\n")
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

    /// Macros and escapes that man(7) has, and every command with its options.
    @Test func theManualPageDescribesEveryCommand() throws {
        let page = try graft.run("manual").output
        #expect(page.hasPrefix(#".TH "GRAFT" "1" "" "graft \#(Version.current)""#))
        let lines = page.split(separator: "\n")
        let macros = Set(lines.filter { $0.hasPrefix(".") }.map { $0.prefix { $0 != " " } })
        #expect(macros.isSubset(of: [".TH", ".SH", ".SS", ".TP", ".PP", ".nf", ".fi"]))
        #expect(lines.count { $0 == ".nf" } == lines.count { $0 == ".fi" })
        #expect(page.contains(#".SS "graft predict model pictures""#))
        #expect(page.contains(#"\fB\-o\fR, \fB\-\-output\fR \fIoutput\fR"#))
        #expect(page.contains("  graft predict efficientnet_lite0 photo.jpg"))
        #expect(!page.contains("graft manual"))
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
        // A network can do at most what registers alone can; a busy machine may have measured those too low.
        #expect(results.allSatisfy { (0.001...2).contains($0["peak_share"] as? Double ?? 0) })
        #expect((document["peak_gflops"] as? Double ?? 0) > 0.1 && (document["memory_gbps"] as? Double ?? 0) > 0.01)
    }

    @Test func benchFollowsAPictureFromFileToAnswer() throws {
        let folder = Fixtures.path("sample/test/pizza")
        let some = try graft.run("bench", "mobilenet_v3_small", folder, "--pipeline", "--seconds", "0.05", "--json")
        #expect(some.status == 0, "\(some.error)")
        let document = try some.json()
        let stages = try #require(document["stages"] as? [[String: Any]])
        #expect(
            stages.map { $0["stage"] as? String } == ["read", "decode", "resize", "normalize", "run", "top"])
        let times = stages.map { $0["median_ms"] as? Double ?? 0 }
        #expect(times.allSatisfy { $0 > 0 })
        #expect(abs((document["sum_ms"] as? Double ?? 0) - times.reduce(0, +)) < 1e-9)
        #expect(document["pictures"] as? Int == 10 && document["drawn"] as? Bool == false)
        #expect((document["pictures_per_second"] as? Double ?? 0) > 0)

        let drawn = try graft.run("bench", "mobilenet_v3_small", "--pipeline", "--fast-decode", "--seconds", "0.01")
        #expect(drawn.output.hasPrefix("mobilenet_v3_small, 16 drawn pictures of 512x384, "))
        let usage = try graft.run("bench", "mobilenet_v3_small", folder)
        #expect(usage.status == 64)
        #expect(usage.error.hasPrefix("error: pictures need --pipeline\n"))
        let empty = try graft.run("bench", "--pipeline", graft.workspace.path)
        #expect(empty.status == 1)
        #expect(
            empty.error
                == "error: \(graft.workspace.path): the folder has no pictures: expected JPEG, PNG, WebP, GIF, TIFF, HEIC, AVIF, JPEG XL or BMP files\n"
        )
    }

    @Test func benchTakesTrainingSteps() throws {
        func run(_ freeze: String...) throws -> [String: Any] {
            let result = try graft.run(
                [
                    "bench", "mobilenet_v3_small", "--train", "--size", "64x64", "--batch", "2,4", "--seconds", "0.05",
                    "--json",
                ]
                    + freeze)
            #expect(result.status == 0, "\(result.error)")
            return try result.json()
        }
        let all = try run()
        #expect(all["freeze"] as? String == "none" && all["cut"] == nil)
        #expect(all["input"] as? [Int] == [64, 64, 3])
        #expect(all["parameters"] as? Int == 2_542_856 && all["trained_parameters"] as? Int == 2_542_856)
        #expect((all["resident_bytes"] as? Int ?? 0) > 10 << 20)
        let results = try #require(all["results"] as? [[String: Any]])
        #expect(results.map { $0["batch"] as? Int } == [2, 4])
        for result in results {
            func number(_ key: String) -> Double { result[key] as? Double ?? 0 }
            #expect(number("p5_ms") > 0 && number("p5_ms") <= number("median_ms"))
            #expect(number("median_ms") <= number("p95_ms"))
            #expect(number("forward_ms") > 0 && number("update_ms") > 0 && number("update_ms") < number("p95_ms"))
            #expect(result["prefix_ms"] == nil && result["runs"] as? Int ?? 0 >= 3)
        }
        let memory = results.compactMap { $0["step_bytes"] as? Int }
        #expect(memory.count == 2 && memory[0] > 1 << 20 && memory[1] > memory[0])

        let some = try run("--freeze", "stages=1")
        #expect(some["freeze"] as? String == "{stages: 1}" && some["cut"] as? String == "features.12")
        // Both layers of the classifier: the first counts as the last stage of the backbone.
        #expect(some["trained_parameters"] as? Int == 576 * 1024 + 1024 + 1024 * 1000 + 1000)
        let cheaper = try #require(some["results"] as? [[String: Any]])
        #expect(cheaper.allSatisfy { $0["prefix_ms"] as? Double ?? 0 > 0 })
        #expect((cheaper[1]["step_bytes"] as? Int ?? .max) < memory[1])
    }

    @Test(arguments: [
        (["--freeze", "none"], "error: --freeze needs --train\n"),
        (["--train", "--layers"], "error: --train goes without --pipeline, --layers and --logits\n"),
        (["--train", "--freeze", "stages=0"], "error: the value 'stages=0' is invalid for '--freeze <stages=N>'"),
    ])
    func benchRefusesWhatTrainingStepsDoNotHave(_ arguments: [String], _ message: String) throws {
        let result = try graft.run(["bench", "mobilenet_v3_small"] + arguments)
        #expect(result.status == 64)
        #expect(result.error.hasPrefix(message), "\(result.error)")
    }

    @Test func benchFreezesNoMoreStagesThanThereAre() throws {
        let result = try graft.run("bench", "mobilenet_v3_small", "--train", "--freeze", "stages=99")
        #expect(result.status == 1)
        #expect(result.error.hasPrefix("error: train.freeze.stages: the backbone has fewer stages: expected 1 to "))
    }
}
