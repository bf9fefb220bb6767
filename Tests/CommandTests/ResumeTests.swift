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

/// `graft train --resume`: a run that was killed goes on, and ends with the bits of one that was left alone.
@Suite(.serialized) struct ResumeTests {
    let graft: GraftProgram
    let sample = Fixtures.path("sample")

    init() throws { graft = try GraftProgram() }

    /// What a run consists of.
    enum Course: CaseIterable {
        /// Features that are computed once: a head, then a stage more.
        case kept
        /// Everything random there is: changed and mixed pictures, stochastic depth, dropout.
        case streamed

        var lines: String {
            switch self {
            case .kept:
                """
                  batch_size: 16
                  ema: 0.98
                  gradient_clip: 5
                  early_stopping: {patience: 100, monitor: test_accuracy}
                  optimizer: {kind: adamw, learning_rate: 0.002}
                  phases:
                    - {epochs: 15}
                    - {epochs: 4, freeze: {stages: 1}, learning_rate: 0.0005, schedule: {kind: cosine}}
                """
            case .streamed:
                """
                  batch_size: 8
                  accumulate: 2
                  mixup: 0.2
                  cutmix: 1
                  sampler: balanced
                  freeze: {stages: 3}
                  epochs: 3
                preprocessing: {resize: 36, crop: 32}
                """
            }
        }
    }

    private func configuration(_ course: Course) throws -> String {
        try graft.workspace.file(
            "food.yaml",
            """
            backbone: efficientnet_lite0
            head: {kind: mlp, hidden: [192], dropout: 0.3}
            data: {train: \(sample)/train, test: \(sample)/test, augment: \(course == .kept ? "none" : "light")}
            train:
            \(course.lines)
            """)
    }

    private func model() throws -> Data {
        try Data(contentsOf: URL(fileURLWithPath: "\(graft.workspace.path)/run/model.npz"))
    }

    private var hasCheckpoint: Bool {
        FileManager.default.fileExists(atPath: "\(graft.workspace.path)/run/checkpoint.npz")
    }

    /// Starts a run and kills it after a while.
    /// - Returns: whether it was still running.
    private func kill(_ arguments: [String], after seconds: Double, threads: Int) throws -> Bool {
        let process = try graft.start(arguments, environment: ["GRAFT_THREADS": "\(threads)"])
        Thread.sleep(forTimeInterval: seconds)
        if process.isRunning { _ = signal(process.processIdentifier) }
        process.waitUntilExit()
        return process.terminationReason == .uncaughtSignal
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

    @Test(arguments: Course.allCases)
    func killedAndResumedIsTheSameAsLeftAlone(_ course: Course) throws {
        let train = ["train", try configuration(course), "--output", "run"]
        // The first run fills the cache of features, where they are kept: the others are nothing but epochs.
        let first = try graft.run(train, environment: ["GRAFT_THREADS": "1"])
        #expect(first.status == 0, "\(first.error)")
        let expected = try model()
        let begin = Date()
        #expect(try graft.run(train, environment: ["GRAFT_THREADS": "2"]).status == 0)
        let length = Date().timeIntervalSince(begin)
        #expect(try model() == expected, "two threads in place of one")

        var resumed = 0
        for moment in 0..<5 {
            try FileManager.default.removeItem(atPath: "\(graft.workspace.path)/run")
            var isCut = try kill(train, after: length * .random(in: 0.05...0.95), threads: 1 + moment % 2)
            // Killed twice, now and then.
            if isCut, hasCheckpoint, moment % 3 == 0 {
                isCut = try kill(["train", "--resume", "run"], after: length * .random(in: 0.05...0.6), threads: 2)
            }
            guard isCut, hasCheckpoint else { continue }
            let rest = try graft.run("train", "--resume", "run", environment: ["GRAFT_THREADS": "\(2 - moment % 2)"])
            #expect(rest.status == 0, "\(rest.error)")
            #expect(try model() == expected, "moment \(moment)")
            #expect(!rest.error.contains("was stopped under"), "the same version and kernels")
            #expect(graft.workspace.contents.filter { $0.hasPrefix("run/") }.count == 5)
            resumed += 1
        }
        #expect(resumed > 0)
    }

    @Test func aRunThatDivergedGoesOnWithALowerRate() throws {
        let file = try graft.workspace.file(
            "food.yaml",
            """
            backbone: resnet18
            weights: none
            data: {train: \(sample)/train, test: \(sample)/test}
            preprocessing: {resize: 36, crop: 32}
            train:
              optimizer: {kind: sgd, momentum: 0}
              phases:
                - {epochs: 1, learning_rate: 0.01}
                - {epochs: 2, learning_rate: 1000, freeze: {stages: 3}, batch_norm: frozen}
            """)
        let diverged = try graft.run("train", file, "--output", "run")
        #expect(diverged.status == 1)
        let expected =
            /error: epoch 2, step [23] of 3: the loss is not a finite number: found the first in the output of layer/
        let line = try #require(diverged.errorLines.last)
        #expect(try expected.prefixMatch(in: line) != nil, "\(line)")
        let layer = try #require(try /layer '(layer[234]\.[01]\.conv[12])';/.firstMatch(in: line), "\(line)")
        #expect(
            line.hasSuffix(
                "'\(layer.1)'; lower the learning rate of phase 2 (it is 1000.0), or limit the gradients with "
                    + "train.gradient_clip: 1"))
        #expect(graft.workspace.contents.filter { $0.hasPrefix("run/") } == ["run/checkpoint.npz"])

        // The sets of instructions that this machine has, the best first.
        let sets = try #require(
            try /expected ([a-z0-9, ]+), found none of them/
                .firstMatch(in: graft.run("train", file, environment: ["GRAFT_ISA": "none of them"]).error)
        ).1.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
        let best = try #require(sets.first)
        let resumed = try graft.run(
            "train", "--resume", "run", "--set",
            "train.phases=[{epochs: 1}, {epochs: 1, learning_rate: 0.001, freeze: {stages: 3}, batch_norm: frozen}]",
            environment: ["GRAFT_ISA": "baseline"])
        #expect(resumed.status == 0, "\(resumed.error)")
        #expect(resumed.output.contains("\n    2/2") && !resumed.output.contains("\n    1/2"))
        let notes = resumed.errorLines.filter { $0.contains("was stopped under") }
        #expect(notes.count == (best == "baseline" ? 0 : 1))
        #expect(
            notes.allSatisfy { $0.contains("\(best) kernels, and goes on under") && $0.contains("baseline kernels:") })
        #expect(!hasCheckpoint)
    }

    @Test func aRunThatIsOverIsNotResumed() throws {
        let file = try graft.workspace.file(
            "food.yaml",
            """
            data: {train: \(sample)/train, test: \(sample)/test}
            train: {epochs: 1}
            """)
        #expect(try graft.run("train", file, "--output", "run").status == 0)
        let over = try graft.run("train", "--resume", "run")
        #expect(over.status == 1)
        #expect(
            over.error
                == "error: run: there is no run to resume: expected a checkpoint.npz inside, found the results of a run "
                + "that is over\n")
        for arguments in [["train"], ["train", file, "--resume", "run"], ["train", "--resume", "run", "--strict"]] {
            #expect(try graft.run(arguments).status == 64)
        }
    }
}
