import Foundation
import TestSupport
import Testing

/// What YAML makes of a text, and what people meant; what messages say of it, word for word.
@Suite struct YAMLTests {
    let graft: GraftProgram

    init() throws {
        graft = try GraftProgram()
        for name in ["1.0", "1.10", "007"] {
            let folder = "\(graft.workspace.path)/2024.10/\(name)"
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            for index in 0..<2 {
                try FileManager.default.copyItem(
                    atPath: Fixtures.path("sample/train/pizza/00\(index).jpg"), toPath: "\(folder)/\(index).jpg")
            }
        }
    }

    private func error(_ text: String, _ arguments: String...) throws -> String {
        try graft.run(["train", try graft.workspace.file("c.yaml", text)] + arguments).error
            .replacingOccurrences(of: graft.workspace.path + "/", with: "")
    }

    @Test func aTextIsTakenAsItWasWritten() throws {
        let text = "data: {train: 2024.10, classes: [1.0, 1.10, 007]}\ntrain: {epochs: 1}\noutput: 0123\n"
        let file = try graft.workspace.file("c.yaml", text)
        let result = try graft.run("train", file, "--json")
        #expect(result.status == 0, "\(result.error)")
        #expect(try result.json()["classes"] as? [String] == ["1.0", "1.10", "007"])
        #expect(try result.json()["output"] as? String == "0123")
        let other = try graft.run(
            "train", file, "--set", "data.classes=[007, 1.10, 1.0]", "--set", "output=1e3", "--json")
        #expect(other.status == 0, "\(other.error)")
        #expect(try other.json()["classes"] as? [String] == ["007", "1.10", "1.0"])
        #expect(try other.json()["output"] as? String == "1e3")
        // What was merged can be read again, and says the same.
        let again = try graft.run("train", "1e3/config.yaml", "--json")
        #expect(try again.json()["classes"] as? [String] == ["007", "1.10", "1.0"], "\(again.error)")
    }

    @Test(arguments: [
        (
            "train: {optimizer: {learning_rate: \"1e-3\"}}",
            "error: c.yaml: train.optimizer.learning_rate: wrong value: expected a number, found the text '1e-3'; "
                + "leave out its quotes\n"
        ),
        (
            "train: {early_stopping: no}",
            "error: c.yaml: train.early_stopping: wrong value: expected false, or a map with patience, minimum_delta and "
                + "monitor, found no\n"
        ),
        ("train:\n\tepochs: 3", "error: c.yaml:3: not valid YAML: a tab cannot indent a line; use spaces\n"),
        (
            "train: {optimizer: {epsilon: 0}}",
            "error: c.yaml: train.optimizer.epsilon: wrong value: expected a number above 0, at most 1, found 0\n"
        ),
        (
            "train: {optimizer: {momentum: 0.9}}",
            "error: c.yaml: unknown key 'train.optimizer.momentum'; it belongs to kind: sgd or rmsprop\n"
        ),
        ("head: {dropout: 3}", "error: c.yaml: head.dropout: wrong value: expected a number from 0 to 0.95, found 3\n"),
        (
            "backbone: efficientnet_lit0",
            "error: c.yaml: backbone: unknown backbone 'efficientnet_lit0'; did you mean 'efficientnet_lite0'?\n"
        ),
        ("head: {kind: mlq}", "error: c.yaml: head.kind: unknown head 'mlq'; did you mean 'mlp'?\n"),
        (
            "partial: \"true\"",
            "error: c.yaml: partial: wrong value: expected true or false, found the text 'true'; leave out its quotes\n"
        ),
        (
            "train: {class_weights: {1.1: 2}}",
            "error: c.yaml: train.class_weights: unknown class '1.1'; did you mean '1.0'?\n"
        ),
    ]) func mistakesAreNamed(_ text: String, _ message: String) throws {
        let found = try error("data: {train: 2024.10}\n\(text)\n")
        #expect(found == message)
    }

    @Test func mistakesOfSetNameTheOption() throws {
        let text = "data: {train: 2024.10}\n"
        #expect(
            try error(text, "--set", "train.epochs=x")
                == "error: --set train.epochs=x: train.epochs: wrong value: expected a whole number from 1 to 100000, found x\n"
        )
        #expect(
            try error(text, "--set", "train.epoch=3")
                == "error: --set train.epoch=3: unknown key 'train.epoch'; did you mean 'train.epochs'?\n")
        #expect(
            try error(text, "--set", "head={kind: mlp, dropout: 2}")
                == "error: --set head={kind: mlp, dropout: 2}: head.dropout: wrong value: expected a number from 0 to 0.95, "
                + "found 2\n")
        #expect(
            try error(text, "--set", "train.epochs=1", "--set", "weights=nowhere.pth")
                == "error: nowhere.pth: no such file\n")
    }

    @Test func aConfigurationMayComeThroughAPipe() throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = ["-c", "printf 'data: {train: nowhere}' | '\(GraftProgram.executable)' train /dev/stdin"]
        let pipe = Pipe()
        process.standardError = pipe
        try process.run()
        let error = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        #expect(error == "error: nowhere: no such folder; check the path\n")
    }
}
