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

/// Ctrl-C and TERM while `graft train` runs, and a second run in the same folder.
@Suite(.serialized) struct InterruptTests {
    let graft: GraftProgram
    let configuration: String

    init() throws {
        graft = try GraftProgram()
        let sample = Fixtures.path("sample")
        configuration = try graft.workspace.file(
            "long.yaml",
            """
            backbone: efficientnet_lite0
            data: {train: \(sample)/train, test: \(sample)/test, augment: light}
            train: {epochs: 1000, batch_size: 8}
            output: run
            """)
    }

    private func path(_ name: String) -> String { "\(graft.workspace.path)/\(name)" }

    /// Starts a run and waits until it trains.
    private func started() throws -> (process: Process, error: String) {
        let error = path("error-\(UUID().uuidString)")
        _ = FileManager.default.createFile(atPath: error, contents: nil)
        let process = try graft.start(
            ["train", configuration], error: try FileHandle(forWritingTo: URL(fileURLWithPath: error)))
        let limit = Date(timeIntervalSinceNow: 120)
        while !FileManager.default.fileExists(atPath: path("run/checkpoint.npz")), process.isRunning, Date() < limit {
            Thread.sleep(forTimeInterval: 0.02)
        }
        return (process, error)
    }

    @Test(arguments: [SIGINT, SIGTERM])
    func theFirstSignalLeavesACheckpoint(number: Int32) throws {
        let (process, error) = try started()
        kill(process.processIdentifier, number)
        process.waitUntilExit()
        #expect(process.terminationReason == .exit && process.terminationStatus == 128 + number)
        let text = try String(contentsOfFile: error, encoding: .utf8)
        #expect(text.contains("go on with: graft train --resume run"), "\(text)")
        #expect(try FileManager.default.contentsOfDirectory(atPath: path("run")) == ["checkpoint.npz"])
        let more = try graft.run("train", "--resume", "run", "--set", "train.epochs=2", "--json")
        #expect(more.status == 0, "\(more.error)")
    }

    /// Ctrl-C in `graft train … | tee log`: tee is gone at once.
    @Test func aPipelineThatEndsLeavesACheckpointToo() throws {
        let pipe = Pipe()
        let process = try graft.start(
            ["train", configuration], output: pipe.fileHandleForWriting, error: pipe.fileHandleForWriting)
        let limit = Date(timeIntervalSinceNow: 120)
        while !FileManager.default.fileExists(atPath: path("run/checkpoint.npz")), process.isRunning, Date() < limit {
            Thread.sleep(forTimeInterval: 0.02)
        }
        try pipe.fileHandleForReading.close()
        Thread.sleep(forTimeInterval: 0.5)
        kill(process.processIdentifier, SIGINT)
        process.waitUntilExit()
        #expect(process.terminationReason == .exit && process.terminationStatus == 130)
        #expect(try FileManager.default.contentsOfDirectory(atPath: path("run")) == ["checkpoint.npz"])
    }

    @Test func twoSignalsEndItAtOnce() throws {
        let (process, _) = try started()
        kill(process.processIdentifier, SIGINT)
        kill(process.processIdentifier, SIGINT)
        process.waitUntilExit()
        #expect(process.terminationReason == .exit && process.terminationStatus == 130)
        #expect(try FileManager.default.contentsOfDirectory(atPath: path("run")) == ["checkpoint.npz"])
    }

    @Test func aSecondRunIsRefused() throws {
        let (process, _) = try started()
        let second = try graft.run("train", configuration)
        #expect(second.status == 1)
        #expect(
            second.error.hasSuffix(
                "error: run: another run, process \(process.processIdentifier), is using it; wait for it, or choose "
                    + "another folder with --output\n"), "\(second.error)")
        // A lock that a killed run leaves is no obstacle.
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
        let third = try graft.run("train", configuration, "--set", "train.epochs=1", "--set", "data.augment=none")
        #expect(third.status == 0, "\(third.error)")
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: path("run")).allSatisfy { !$0.hasPrefix(".") })
    }
}
