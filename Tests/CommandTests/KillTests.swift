import Foundation
import TestSupport
import Testing

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// `kill -9` at moments spread over a run: what stood there before is there, or what the run would have made, whole.
@Suite(.serialized) struct KillTests {
    private static let moments = 25

    let graft: GraftProgram
    let sample = Fixtures.path("sample")

    init() throws { graft = try GraftProgram() }

    private func bytes(_ name: String) throws -> Data {
        try Data(contentsOf: URL(fileURLWithPath: "\(graft.workspace.path)/\(name)"))
    }

    private func replace(_ name: String, by original: String) throws {
        let path = "\(graft.workspace.path)/\(name)"
        try? FileManager.default.removeItem(atPath: path)
        try FileManager.default.copyItem(atPath: "\(graft.workspace.path)/\(original)", toPath: path)
    }

    /// Runs to the end once, then is killed at every moment; `prepare` comes before a run, `check` after.
    /// - Returns: how many runs were cut short.
    private func kill(_ arguments: [String], prepare: () throws -> Void, check: (Int) throws -> Void) throws -> Int {
        let begin = Date()
        let whole = try graft.run(arguments)
        #expect(whole.status == 0, "\(whole.error)")
        let length = Date().timeIntervalSince(begin)
        var killed = 0
        for moment in 0..<Self.moments {
            try prepare()
            let process = try graft.start(arguments)
            // The length is a guess that only spreads the moments: any of them must leave whole files.
            Thread.sleep(forTimeInterval: length * Double(moment) / Double(Self.moments - 1))
            if process.isRunning { _ = signal(process.processIdentifier) }
            process.waitUntilExit()
            if process.terminationReason == .uncaughtSignal { killed += 1 }
            try check(moment)
        }
        let later = try graft.run(arguments)
        #expect(later.status == 0, "a later run in the same place: \(later.error)")
        return killed
    }

    private func signal(_ process: Int32) -> Int32 {
        #if canImport(Darwin)
            Darwin.kill(process, SIGKILL)
        #elseif canImport(Glibc)
            Glibc.kill(process, SIGKILL)
        #elseif canImport(Musl)
            Musl.kill(process, SIGKILL)
        #endif
    }

    @Test func training() throws {
        let configuration = try graft.workspace.file(
            "food.yaml",
            """
            backbone: efficientnet_lite0
            data: {train: \(sample)/train, test: \(sample)/test}
            train: {epochs: 3, batch_size: 32}
            """)
        // The directory is part of the model, as its configuration is. The first run fills the cache of features, so that
        // the others are short.
        func train(seed: Int) -> [String] {
            ["train", configuration, "--output", "run", "--set", "train.seed=\(seed)"]
        }
        for (seed, folder) in [(1, "old"), (2, "new")] {
            let result = try graft.run(train(seed: seed))
            #expect(result.status == 0, "\(result.error)")
            try replace(folder, by: "run")
        }
        let (old, new) = (try bytes("old/model.npz"), try bytes("new/model.npz"))
        #expect(old != new)
        let killed = try kill(train(seed: 2)) {
            try replace("run", by: "old")
        } check: { moment in
            let model = try bytes("run/model.npz")
            #expect(model == old || model == new, "moment \(moment): neither the old model nor the new one")
            let inspected = try graft.run("inspect", "run/model.npz")
            #expect(inspected.status == 0, "moment \(moment): \(inspected.error)")
            // Figures of time differ between runs, so these are read in place of compared.
            let lines = String(decoding: try bytes("run/metrics.jsonl"), as: UTF8.self).split(separator: "\n")
            #expect(lines.count == 3, "moment \(moment)")
            for line in lines { _ = try JSONSerialization.jsonObject(with: Data(line.utf8)) }
            #expect(try bytes("run/config.yaml").count == (try bytes("old/config.yaml").count), "moment \(moment)")
            for (name, end) in [("curves.svg", "</svg>"), ("report.html", "</html>")] {
                let text = String(decoding: try bytes("run/\(name)"), as: UTF8.self)
                #expect(
                    text.trimmingCharacters(in: .whitespacesAndNewlines).hasSuffix(end), "moment \(moment): \(name)")
            }
        }
        #expect(killed > 0)
        #expect(try bytes("run/model.npz") == new)
    }

    @Test(arguments: ["model.npz", "model.onnx"])
    func exporting(name: String) throws {
        for arguments in [
            ["export", "efficientnet_lite0", "base.npz"],
            ["classes", "base.npz", "edited.npz", "--rename", "tench=tinca"],
            ["export", "base.npz", name],
        ] {
            let result = try graft.run(arguments)
            try #require(result.status == 0, "\(result.error)")
        }
        try replace("old", by: name)
        let killed = try kill(["export", "edited.npz", name]) {
            // The first, whole run made what the others would make.
            if !FileManager.default.fileExists(atPath: "\(graft.workspace.path)/new") { try replace("new", by: name) }
            try replace(name, by: "old")
        } check: { moment in
            let found = try bytes(name)
            #expect(
                try found == bytes("old") || found == bytes("new"),
                "moment \(moment): neither the old file nor the new one")
        }
        #expect(killed > 0)
        #expect(try bytes("old") != bytes("new"))
        #expect(try bytes(name) == bytes("new"))
    }
}
