import Foundation
import TestSupport
import Testing

/// Bad input: one line that names the file, exit 1, nothing half-written.
@Suite struct BadInputTests {
    let graft: GraftProgram
    let sample = Fixtures.path("sample")

    init() throws { graft = try GraftProgram() }

    /// Runs a command that must fail with one line.
    private func failure(
        _ arguments: String..., environment: [String: String] = [:], sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> String {
        let before = graft.workspace.contents
        let result = try graft.run(arguments, environment: environment)
        #expect(result.status == 1, "\(result.output)\(result.error)", sourceLocation: sourceLocation)
        #expect(result.errorLines.count == 1, "\(result.error)", sourceLocation: sourceLocation)
        #expect(result.output == "", sourceLocation: sourceLocation)
        let left = graft.workspace.contents.filter { !before.contains($0) && !$0.hasPrefix(".cache") }
        #expect(left == [], sourceLocation: sourceLocation)
        return result.error
    }

    private func train(_ data: String) throws -> String {
        try graft.workspace.file("c.yaml", "data: {train: \(data)}\n")
    }

    private func folder(_ files: String...) throws -> String {
        let root = "\(graft.workspace.path)/pictures"
        for file in files {
            // TARGET=SOURCE in the sample
            let parts = file.split(separator: "=").map(String.init)
            let target = "\(root)/\(parts[0])"
            try FileManager.default.createDirectory(
                atPath: URL(fileURLWithPath: target).deletingLastPathComponent().path, withIntermediateDirectories: true
            )
            if parts.count == 2 { try FileManager.default.copyItem(atPath: "\(sample)/\(parts[1])", toPath: target) }
        }
        return "pictures"
    }

    @Test func filesThatAreNotThere() throws {
        #expect(
            try failure("predict", "efficientnet_lite0", "nowhere.jpg").hasPrefix("error: nowhere.jpg: no such file"))
        #expect(try failure("predict", "nowhere.npz", "\(sample)/test").hasPrefix("error: nowhere.npz: "))
        #expect(try failure("train", "nowhere.yaml") == "error: nowhere.yaml: no such file\n")
        #expect(try failure("inspect", "nowhere.npz") == "error: nowhere.npz: no such file\n")
        #expect(try failure("train", try train("nowhere")).hasPrefix("error: nowhere: "))
    }

    @Test func aDirectoryForAFile() throws {
        #expect(try failure("inspect", sample).hasPrefix("error: \(sample): not a file that can be read"))
        #expect(try failure("train", sample).hasPrefix("error: \(sample): not a file that can be read"))
    }

    @Test func foldersThatCannotBeLearntFrom() throws {
        try FileManager.default.createDirectory(
            atPath: "\(graft.workspace.path)/empty", withIntermediateDirectories: true)
        #expect(try failure("train", try train("empty")).hasPrefix("error: empty: "))
        let one = try folder("pizza/a.jpg=train/pizza/000.jpg")
        #expect(try failure("train", try train(one)).hasPrefix("error: pictures: "))
    }

    @Test func aTruncatedPictureAsTheOnlyOne() throws {
        let folder = try folder("pizza/a.jpg=train/pizza/000.jpg")
        try FileManager.default.createDirectory(
            atPath: "\(graft.workspace.path)/\(folder)/steak", withIntermediateDirectories: true)
        let picture = try Data(contentsOf: URL(fileURLWithPath: "\(sample)/train/steak/000.jpg"))
        try picture.prefix(3000).write(to: URL(fileURLWithPath: "\(graft.workspace.path)/\(folder)/steak/b.jpg"))
        let result = try graft.run("train", try train(folder), "--output", "run")
        #expect(result.status == 1)
        let last = try #require(result.errorLines.last)
        #expect(last.hasPrefix("error: pictures/steak/b.jpg: no picture of class 'steak' can be read"), "\(last)")
        #expect(!graft.workspace.contents.contains { $0.hasPrefix("run") })
        let alone = try failure("predict", "efficientnet_lite0", "pictures/steak/b.jpg")
        #expect(alone.hasPrefix("error: pictures/steak/b.jpg: "), "\(alone)")
    }

    @Test func weightsThatWouldRunCode() throws {
        let error = try failure("inspect", Fixtures.path("checkpoints/evil.pth"))
        #expect(error.contains("system"))
    }

    @Test func damagedWeights() throws {
        let good = try Data(
            contentsOf: URL(fileURLWithPath: Fixtures.path("../../weights/efficientnet_lite0-imagenet1k.npz")))
        let path = "\(graft.workspace.path)/bad.npz"
        try good.prefix(good.count / 2).write(to: URL(fileURLWithPath: path))
        #expect(try failure("predict", "bad.npz", "\(sample)/test/pizza/030.jpg").hasPrefix("error: bad.npz: "))
        var flipped = good
        flipped[good.count / 3] ^= 0x10
        try flipped.write(to: URL(fileURLWithPath: path))
        #expect(try failure("predict", "bad.npz", "\(sample)/test/pizza/030.jpg").hasPrefix("error: bad.npz: "))
    }

    @Test func configurationsWithMistakes() throws {
        let typo = try graft.workspace.file("typo.yaml", "data: {train: \(sample)/train}\ntrain: {epoch: 3}\n")
        #expect(
            try failure("train", typo)
                == "error: \(typo): unknown key 'train.epoch'; did you mean 'train.epochs'?\n")
        let syntax = try graft.workspace.file("syntax.yaml", "data: {train: [}\n")
        #expect(try failure("train", syntax).hasPrefix("error: \(syntax):1: not valid YAML: "))
        let twice = try graft.workspace.file("twice.yaml", "data: {train: a}\ndata: {train: b}\n")
        #expect(try failure("train", twice).contains("the key 'data' stands there twice"))
        let none = try graft.workspace.file("none.yaml", "data: {train: \(sample)/train, classes: []}\n")
        #expect(try failure("train", none).hasPrefix("error: "))
        let name = try graft.workspace.file(
            "name.yaml", "backbone: efficientnet_lit0\ndata: {train: \(sample)/train}\n")
        #expect(try failure("train", name).contains("did you mean 'efficientnet_lite0'?"))
    }

    @Test func aFullDisk() throws {
        // A limit on the size of files stands in for a full disk: writes fail in the same place.
        let configuration = try train("\(sample)/train")
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = [
            "-c", "ulimit -f 2000; exec \"$0\" \"$@\"", GraftProgram.executable, "train", configuration, "--output",
            "run",
        ]
        process.currentDirectoryURL = URL(fileURLWithPath: graft.workspace.path)
        process.environment = ["GRAFT_CACHE": "\(graft.workspace.path)/.cache"]
        let pipe = Pipe()
        process.standardError = pipe
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        let error = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        #expect(process.terminationReason == .exit)
        #expect(process.terminationStatus == 1)
        #expect(error.split(separator: "\n").last?.hasPrefix("error: ") ?? false, "\(error)")
        // The weights were learnt: what the run can go on from is all that stays.
        #expect(graft.workspace.contents.filter { $0.hasPrefix("run/") } == ["run/checkpoint.npz"])
    }
}
