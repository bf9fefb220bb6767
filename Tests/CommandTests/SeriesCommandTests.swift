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

/// Answers about any number of pictures: in shards, in parts, from lists and archives.
@Suite(.serialized) struct SeriesCommandTests {
    private static let model = "efficientnet_lite0"

    let graft: GraftProgram
    /// Fourteen pictures and a file that is none.
    private let pictures: [String]

    init() throws {
        graft = try GraftProgram()
        let sample = Fixtures.path("sample/test")
        var pictures: [String] = []
        for kind in try FileManager.default.contentsOfDirectory(atPath: sample).sorted() {
            for name in try FileManager.default.contentsOfDirectory(atPath: "\(sample)/\(kind)").sorted().prefix(7) {
                pictures.append("\(sample)/\(kind)/\(name)")
            }
        }
        pictures = Array(pictures.prefix(14))
        pictures.insert(try graft.workspace.file("bro,ken.jpg", "not a picture"), at: 5)
        self.pictures = pictures
        _ = try graft.workspace.file("list.txt", pictures.joined(separator: "\n") + "\n")
    }

    private func bytes(_ name: String) throws -> Data {
        try Data(contentsOf: URL(fileURLWithPath: "\(graft.workspace.path)/\(name)"))
    }

    private func remove(_ name: String) throws {
        try FileManager.default.removeItem(atPath: "\(graft.workspace.path)/\(name)")
    }

    /// Every file of a folder but its lock.
    private func contents(_ folder: String) throws -> [String: Data] {
        var found: [String: Data] = [:]
        for name in try FileManager.default.contentsOfDirectory(atPath: "\(graft.workspace.path)/\(folder)") {
            found[name] = try bytes("\(folder)/\(name)")
        }
        return found
    }

    @Test(arguments: [
        ["predict", "--format", "jsonl", "--logits"], ["predict", "--format", "csv", "--top", "2"],
        ["embed", "--format", "jsonl"],
    ])
    func shardsMergeToTheWhole(arguments: [String]) throws {
        let command = [arguments[0], Self.model, "list.txt"] + arguments.dropFirst()
        let whole = try graft.run(command)
        #expect(whole.status == 0, "\(whole.error)")
        #expect(whole.error.contains("skipped \(pictures[5]): "))
        #expect(!whole.output.isEmpty)
        for count in arguments[0] == "predict" ? [1, 2, 3, 16] : [2] {
            for index in (1...count).reversed() {
                let part = try graft.run(
                    command + ["--shard", "\(index)/\(count)", "--output", "in\(count)", "--part-size", "4"])
                // A shard of the one file that is no picture, or of none at all.
                let isUnreadable = count == 16 && index == 6
                #expect(
                    part.status == (isUnreadable ? 1 : 0) && part.output.isEmpty, "\(index)/\(count): \(part.error)")
                if isUnreadable { #expect(part.error.contains("none of the 1 pictures can be read")) }
            }
            let merged = try graft.run("merge", "in\(count)", "--output", "merged")
            #expect(merged.status == 0, "\(merged.error)")
            #expect(merged.output.hasPrefix("15 pictures of "))
            #expect(try bytes("merged") == Data(whole.output.utf8), "\(count) shards")
        }
        // As standard output, and as files in their order.
        for index in 1...2 {
            let part = try graft.run(command + ["--shard", "\(index)/2"])
            _ = try graft.workspace.file("\(index).\(arguments[2])", part.output)
        }
        let merged = try graft.run("merge", "1.\(arguments[2])", "2.\(arguments[2])", "--output", "merged")
        #expect(merged.status == 0 && merged.output == "2 parts in merged\n")
        #expect(try bytes("merged") == Data(whole.output.utf8))
        // An editor may have left out the last line feed.
        let first = try #require(String(data: try bytes("1.\(arguments[2])"), encoding: .utf8))
        _ = try graft.workspace.file("cut.\(arguments[2])", String(first.dropLast()))
        _ = try graft.run("merge", "cut.\(arguments[2])", "2.\(arguments[2])", "--output", "merged")
        #expect(try bytes("merged") == Data(whole.output.utf8))
    }

    @Test func linesSayWhatTheDocumentSays() throws {
        let lines = try graft.run("predict", Self.model, "list.txt", "--format", "jsonl").output
            .split(separator: "\n").map {
                try JSONSerialization.jsonObject(with: Data($0.utf8)) as? NSDictionary ?? [:]
            }
        let document = try graft.run(["predict", Self.model] + pictures + ["--json"]).json()
        let predictions = try #require(document["predictions"] as? [NSDictionary])
        let skipped = try #require((document["skipped"] as? [[String: String]])?.first)
        #expect(lines.count == pictures.count)
        #expect(lines.map { $0["path"] as? String } == pictures)
        #expect(lines[5] == ["path": skipped["path"] ?? "", "error": skipped["reason"] ?? ""])
        #expect(lines.filter { $0["error"] == nil } == predictions)
    }

    @Test func rowsSayWhatTheTableSays() throws {
        let rows = try graft.run("predict", Self.model, "list.txt", "--format", "csv").output.split(separator: "\n")
        let table = try graft.run(["predict", Self.model] + pictures + ["--csv"]).output.split(separator: "\n")
        #expect(rows[0] == table[0] + ",error")
        let wrong = rows.filter { !$0.hasSuffix(",") }.dropFirst()
        #expect(wrong.count == 1)
        #expect(wrong.first?.hasPrefix("\"\(pictures[5])\",,,,,") == true)
        #expect(rows.dropFirst().filter { $0.hasSuffix(",") } == table.dropFirst().map { $0 + "," })
    }

    @Test func aRunGoesOnBehindItsLastPart() throws {
        let command = ["predict", Self.model, "list.txt", "--format", "jsonl", "--output", "out", "--part-size", "4"]
        let whole = try graft.run(command)
        #expect(whole.status == 0, "\(whole.error)")
        let expected = try contents("out")
        #expect(
            expected.keys.sorted()
                == (0..<4).map { "part-0000\($0).jsonl" } + ["parts.jsonl", "run.json"])
        // Killed while the third part was written: its file is there with another name, the journal's line is not whole.
        let journal = try #require(expected["parts.jsonl"])
        let lines = journal.split(separator: 10)
        try remove("out/part-00003.jsonl")
        try remove("out/part-00002.jsonl")
        _ = try graft.workspace.file("out/.part-00002.jsonl.abc.part", "half")
        for rest in [Data(), Data(lines[2].prefix(20))] {
            let cut = Data(lines[0] + [10] + lines[1] + [10]) + rest
            try cut.write(to: URL(fileURLWithPath: "\(graft.workspace.path)/out/parts.jsonl"))
            let again = try graft.run(command)
            #expect(again.status == 0, "\(again.error)")
            #expect(again.error.hasPrefix("8 pictures answered before, in 2 parts: skipped\n"))
            #expect(try contents("out") == expected)
        }
        // A part that was not finished, though its file is there, and one that somebody has cut.
        try Data(lines[0] + [10]).write(to: URL(fileURLWithPath: "\(graft.workspace.path)/out/parts.jsonl"))
        #expect(try graft.run(command).status == 0)
        #expect(try contents("out") == expected)
        _ = try graft.workspace.file("out/part-00001.jsonl", "")
        #expect(try graft.run(command).status == 0)
        #expect(try contents("out") == expected)
        // Nothing is left to do: no picture is read.
        let nothing = try graft.run(command)
        #expect(nothing.status == 0 && nothing.error == "15 pictures answered before, in 4 parts: skipped\n")
        #expect(try contents("out") == expected)
    }

    @Test func killedAtAnyMomentItGoesOn() throws {
        let command = ["predict", Self.model, "list.txt", "--format", "csv", "--output", "out", "--part-size", "2"]
        let begin = Date()
        #expect(try graft.run(command).status == 0)
        let length = Date().timeIntervalSince(begin)
        let expected = try contents("out")
        var killed = 0
        for moment in 0..<12 {
            try remove("out")
            let process = try graft.start(command)
            Thread.sleep(forTimeInterval: length * Double(moment + 1) / 13)
            if process.isRunning { kill(process.processIdentifier, SIGKILL) }
            process.waitUntilExit()
            if process.terminationReason == .uncaughtSignal { killed += 1 }
            let again = try graft.run(command)
            #expect(again.status == 0, "moment \(moment): \(again.error)")
            var found = try contents("out")
            // What holds the run's lock is let go by the system, not removed.
            found[".graft-run.lock"] = nil
            #expect(found == expected, "moment \(moment)")
        }
        #expect(killed > 0)
    }

    @Test func anotherRunIsRefused() throws {
        let options = ["--format", "jsonl", "--output", "out", "--part-size", "4"]
        #expect(try graft.run(["predict", Self.model, "list.txt"] + options).status == 0)
        let before = try contents("out")
        for arguments in [
            ["export", Self.model, "base.npz"], ["classes", "base.npz", "other.npz", "--rename", "tench=tinca"],
        ] {
            let made = try graft.run(arguments)
            try #require(made.status == 0, "\(made.error)")
        }
        _ = try graft.workspace.file("short.txt", pictures.dropLast().joined(separator: "\n"))
        let remedy = "; choose another folder with --output, or remove it\n"
        for (arguments, message) in [
            (["predict", "./other.npz", "list.txt"] + options, "holds answers of another model: expected "),
            (["predict", Self.model, "short.txt"] + options, "holds answers about other pictures: expected "),
            (
                ["predict", Self.model, "list.txt", "--top", "5"] + options,
                "holds answers made with another --top: expected 5, found 3"
            ),
            (
                ["predict", Self.model, "list.txt"] + options.dropLast() + ["5"],
                "holds answers in parts of another size: expected 5, found 4"
            ),
            (
                ["embed", Self.model, "list.txt"] + options,
                "holds answers of another command: expected embed, found predict"
            ),
            (
                ["predict", Self.model, "list.txt", "--shard", "1/2"] + options,
                "holds answers of another number of shards: expected 2, found 1"
            ),
        ] {
            let result = try graft.run(arguments)
            #expect(result.status == 1 && result.errorLines.count == 1, "\(result.error)")
            #expect(result.error.hasPrefix("error: out: the folder \(message)") && result.error.hasSuffix(remedy))
        }
        #expect(try contents("out") == before)
    }

    @Test func archivesAndStandardInput() throws {
        func archive(_ range: Range<Int>) throws -> [UInt8] {
            TarWriter.bytes(
                try pictures[range].enumerated().flatMap { place, path in
                    let key = "0000\(range.lowerBound + place)"
                    return [
                        (name: "\(key).jpg", content: Array(try Data(contentsOf: URL(fileURLWithPath: path)))),
                        (name: "\(key).cls", content: [7]),
                    ]
                })
        }
        let (one, two) = (try archive(0..<6), try archive(6..<9))
        for (name, bytes) in [("one.tar", one), ("two.tar", two), ("both", one + two)] {
            try Data(bytes).write(to: URL(fileURLWithPath: "\(graft.workspace.path)/\(name)"))
        }
        let options = ["--format", "csv", "--top", "1"]
        let plain = try graft.run(["predict", Self.model] + pictures[0..<9] + options)
        let packed = try graft.run(["predict", Self.model, "one.tar", "two.tar"] + options)
        #expect(packed.status == 0, "\(packed.error)")
        func answers(_ text: String) -> [Substring] {
            text.split(separator: "\n").dropFirst().map { $0.drop { $0 != "," }.dropFirst() }
        }
        // The same bytes under another name: what follows the path is the same, but for the reason's own name.
        #expect(answers(packed.output).count == 9)
        for (a, b) in zip(answers(packed.output), answers(plain.output)) where !a.hasPrefix(",") { #expect(a == b) }
        #expect(packed.output.contains("\ntwo.tar/00006.jpg,1,"))
        let streamed = try graft.run(
            ["predict", Self.model, "-"] + options, input: "\(graft.workspace.path)/both")
        #expect(streamed.status == 0, "\(streamed.error)")
        #expect(answers(streamed.output) == answers(packed.output))
        let listed = try graft.run(
            ["predict", Self.model, "-"] + options, input: "\(graft.workspace.path)/list.txt")
        #expect(listed.output.hasPrefix(plain.output))

        // Three shards of two archives: pictures are counted.
        for index in 1...3 {
            let part = try graft.run(
                ["predict", Self.model, "one.tar", "two.tar", "--shard", "\(index)/3", "--output", "out"] + options)
            #expect(part.status == 0, "\(part.error)")
        }
        #expect(try graft.run("merge", "out", "--output", "merged.csv").status == 0)
        #expect(try bytes("merged.csv") == Data(packed.output.utf8))

        // Standard input goes on too: the same pictures are passed over, others are refused.
        let parts = ["predict", Self.model, "-", "--output", "in", "--part-size", "4"] + options
        #expect(try graft.run(parts, input: "\(graft.workspace.path)/both").status == 0)
        let expected = try contents("in")
        try remove("in/part-00001.csv")
        #expect(try graft.run(parts, input: "\(graft.workspace.path)/both").status == 0)
        #expect(try contents("in") == expected)
        let other = try graft.run(parts, input: "\(graft.workspace.path)/two.tar")
        #expect(
            other.error.hasSuffix(
                "error: in: part-00000.csv: the pictures are not those that the part was made of; "
                    + "choose another folder with --output, or remove it\n"), "\(other.error)")

        // Damage is named, and what was finished before stays.
        var damaged = one
        damaged.removeLast(damaged.count - 60_000)
        try Data(damaged).write(to: URL(fileURLWithPath: "\(graft.workspace.path)/two.tar"))
        let cut = try graft.run(["predict", Self.model, "one.tar", "two.tar"] + options)
        #expect(cut.status == 1)
        #expect(cut.error.contains("error: two.tar: 0000") && cut.error.contains("the archive is cut off in this file"))
    }

    @Test func mergingSaysWhatIsWrong() throws {
        let options = ["--format", "jsonl", "--part-size", "4"]
        for shard in ["1/3", "3/3"] {
            let part = try graft.run(
                ["predict", Self.model, "list.txt", "--output", "out", "--shard", shard] + options)
            #expect(part.status == 0, "\(part.error)")
        }
        func error(_ arguments: String...) throws -> String {
            let result = try graft.run(["merge"] + arguments + ["--output", "merged"])
            #expect(result.status == 1 && !graft.workspace.contents.contains("merged"))
            return result.error
        }
        #expect(
            try error("out") == "error: out: 1 of 3 shards are missing: found 2; run them again, and merge then\n")
        #expect(
            try graft.run(
                ["predict", Self.model, "list.txt", "--output", "out", "--shard", "2/3", "--top", "5"] + options
            ).status == 0)
        #expect(
            try error("out").hasPrefix(
                "error: out/shard-2-of-3: the folder holds answers made with another --top: expected 3, found 5"))
        try remove("out/shard-2-of-3")
        #expect(
            try graft.run(
                ["predict", Self.model, "list.txt", "--output", "out", "--shard", "2/3"] + options
            ).status == 0)
        #expect(
            try error("out", "out/shard-2-of-3")
                == "error: out/shard-2-of-3: shard 2 is there twice: found also 'out/shard-2-of-3'\n")
        var journal = try bytes("out/shard-2-of-3/parts.jsonl")
        journal.removeLast(20)
        let whole = try bytes("out/shard-2-of-3/parts.jsonl")
        try journal.write(to: URL(fileURLWithPath: "\(graft.workspace.path)/out/shard-2-of-3/parts.jsonl"))
        #expect(
            try error("out") == "error: out: 1 of 3 shards are not finished: found 2; run them again, and merge then\n")
        try whole.write(to: URL(fileURLWithPath: "\(graft.workspace.path)/out/shard-2-of-3/parts.jsonl"))
        var part = try bytes("out/shard-2-of-3/part-00000.jsonl")
        part[20] ^= 1
        try part.write(to: URL(fileURLWithPath: "\(graft.workspace.path)/out/shard-2-of-3/part-00000.jsonl"))
        #expect(try error("out").contains("part-00000.jsonl: the part was changed since it was written: expected "))
        #expect(
            try error("list.txt", "out")
                == "error: folders of parts and single files: expected one of the two, found both\n")
        #expect(try error("list.txt", "list.txt") == "error: list.txt: named twice; name each file once\n")
    }

    @Test func schedulersAreHeard() throws {
        let array = [
            "SLURM_ARRAY_TASK_ID": "2", "SLURM_ARRAY_TASK_COUNT": "2", "SLURM_ARRAY_TASK_MIN": "1",
            "SLURM_ARRAY_TASK_MAX": "2",
        ]
        let command = ["predict", Self.model, "list.txt", "--format", "csv"]
        let said = try graft.run(command + ["--shard", "2/2"])
        let heard = try graft.run(command, environment: array)
        #expect(heard.output == said.output)
        #expect(heard.error == "shard 2/2, by SLURM_ARRAY_TASK_ID (--shard 1/1 for all pictures)\n" + said.error)
        let unknown = try graft.run(command, environment: ["JOB_COMPLETION_INDEX": "0"])
        #expect(unknown.status == 1 && unknown.error.contains("set GRAFT_SHARDS=N"))
        // Where nobody asked for shards, an array is somebody's own.
        let document = try graft.run(["predict", Self.model, pictures[0], "--json"], environment: array)
        #expect(document.status == 0)
    }

    @Test func strictlyOnePictureIsEnough() throws {
        for command in ["predict", "embed"] {
            let result = try graft.run(
                command, Self.model, "list.txt", "--format", "csv", "--strict", "--output", "out")
            #expect(result.status == 1 && result.error.hasPrefix("error: \(pictures[5]): "))
            #expect(result.error.hasSuffix("leave out --strict to skip it\n"))
            #expect(try contents("out").keys.sorted() == ["parts.jsonl", "run.json"])
            try remove("out")
        }
    }

    @Test func usage() throws {
        for (arguments, message) in [
            (["--shard", "1/2"], "--shard needs --format"), (["--output", "x"], "--output needs --format"),
            (["--part-size", "2"], "--part-size needs --format"),
            (["--format", "csv", "--part-size", "2"], "--part-size needs --output FOLDER"),
            (["--format", "csv", "--json"], "choose one of --format and --json"),
            (["--format", "csv", "--logits"], "--logits needs --json or --format jsonl"),
            ([], "'list.txt' may hold any number of pictures: add --format jsonl or --format csv"),
        ] {
            let result = try graft.run(["predict", Self.model, "list.txt"] + arguments)
            #expect(result.status == 64 && result.error == "error: \(message)\n", "\(result.error)")
        }
        let file = try graft.run("predict", Self.model, "list.txt", "--format", "csv", "--output", "a.csv")
        #expect(
            file.error
                == "error: --output: a folder of parts is written: found 'a.csv'; "
                + "name a folder, or write to one file with > a.csv\n")
        let input = try graft.run("predict", Self.model, "-", "--format", "csv", "--shard", "1/2")
        #expect(input.error.hasPrefix("error: standard input cannot be cut into shards"))
    }

    @Test func explainedInShards() throws {
        let command = ["explain", Self.model] + pictures[0..<4] + ["--maps-only", "--output", "maps"]
        let first = try graft.run(command + ["--shard", "1/2"])
        #expect(first.status == 0, "\(first.error)")
        #expect(try contents("maps").count == 2)
        let second = try graft.run(command, environment: ["JOB_COMPLETION_INDEX": "1", "GRAFT_SHARDS": "2"])
        #expect(second.error.contains("shard 2/2, by JOB_COMPLETION_INDEX (--shard 1/1 for all pictures)\n"))
        #expect(second.status == 0)
        #expect(
            try graft.run(["explain", Self.model] + pictures[0..<4] + ["--maps-only", "--output", "all"]).status == 0)
        let (maps, all) = (try contents("maps"), try contents("all"))
        #expect(maps == all && maps.count == 4)
    }
}
