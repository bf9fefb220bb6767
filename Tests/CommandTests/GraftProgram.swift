import Foundation
import TestSupport

/// The command `graft`, run as its users run it.
struct GraftProgram {
    struct Result {
        let status: Int32
        let output: String
        let error: String

        /// The lines of standard error.
        var errorLines: [Substring] { error.split(separator: "\n") }

        /// Standard output as JSON.
        func json() throws -> [String: Any] {
            try JSONSerialization.jsonObject(with: Data(output.utf8)) as? [String: Any] ?? [:]
        }
    }

    /// A folder of its own, removed when the value goes.
    final class Workspace {
        let path: String

        init() throws {
            path = NSTemporaryDirectory() + "/graft-command-\(UUID().uuidString)"
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        }

        deinit { try? FileManager.default.removeItem(atPath: path) }

        func file(_ name: String, _ text: String) throws -> String {
            let file = "\(path)/\(name)"
            try text.write(toFile: file, atomically: false, encoding: .utf8)
            return file
        }

        /// Everything in the folder, by relative path.
        var contents: [String] {
            (FileManager.default.enumerator(atPath: path)?.allObjects as? [String] ?? []).sorted()
        }
    }

    let workspace: Workspace
    var environment: [String: String] = [:]

    init() throws { workspace = try Workspace() }

    /// Runs `graft` in the workspace, with a cache of its own.
    func run(_ arguments: String..., environment extra: [String: String] = [:]) throws -> Result {
        try run(arguments, environment: extra)
    }

    /// - Parameter input: a file to be standard input.
    func run(
        _ arguments: [String], environment extra: [String: String] = [:], input: String? = nil
    ) throws -> Result {
        // Files in place of pipes: a pipe that nobody empties would stop a program that says much.
        let outputPath = workspace.path + "/.stdout-\(UUID().uuidString)"
        let errorPath = workspace.path + "/.stderr-\(UUID().uuidString)"
        for path in [outputPath, errorPath] { _ = FileManager.default.createFile(atPath: path, contents: nil) }
        defer { for path in [outputPath, errorPath] { try? FileManager.default.removeItem(atPath: path) } }
        let process = try start(
            arguments, environment: extra, output: try FileHandle(forWritingTo: URL(fileURLWithPath: outputPath)),
            error: try FileHandle(forWritingTo: URL(fileURLWithPath: errorPath)),
            input: try input.map { try FileHandle(forReadingFrom: URL(fileURLWithPath: $0)) } ?? .nullDevice)
        process.waitUntilExit()
        return Result(
            status: process.terminationReason == .exit ? process.terminationStatus : -process.terminationStatus,
            output: try String(contentsOfFile: outputPath, encoding: .utf8),
            error: try String(contentsOfFile: errorPath, encoding: .utf8))
    }

    /// Starts `graft` and does not wait for it.
    func start(
        _ arguments: [String], environment extra: [String: String] = [:], output: FileHandle = .nullDevice,
        error: FileHandle = .nullDevice, input: FileHandle = .nullDevice
    ) throws -> Process {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: Self.executable)
        process.arguments = arguments
        process.currentDirectoryURL = URL(fileURLWithPath: workspace.path)
        process.environment = ProcessInfo.processInfo.environment
            .merging(["GRAFT_CACHE": workspace.path + "/.cache", "NO_COLOR": "1"]) { $1 }
            .merging(environment) { $1 }
            .merging(extra) { $1 }
        process.standardOutput = output
        process.standardError = error
        process.standardInput = input
        try process.run()
        return process
    }

    /// The program stands beside the tests' own binary.
    static var executable: String {
        let folder = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
        var candidate = folder
        while candidate.path != "/" {
            let program = candidate.appendingPathComponent("graft").path
            if FileManager.default.isExecutableFile(atPath: program) { return program }
            candidate.deleteLastPathComponent()
        }
        return "graft-not-built"
    }
}
