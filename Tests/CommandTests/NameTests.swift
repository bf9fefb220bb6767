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

/// Folders and files whose names are bytes, as archives of other systems leave them.
@Suite struct NameTests {
    let graft: GraftProgram
    let sample = Fixtures.path("sample")

    init() throws { graft = try GraftProgram() }

    /// Three classes: `caf\xE9` in Latin-1, one of a newline and what clears a terminal, and a plain one.
    private func makePictures() throws {
        for folder in ["set", "set/caf\\351", "set/a\\n\\033[2Jb", "set/tea"] {
            try shell("mkdir \"$(printf '\(folder)')\"")
        }
        for index in 0..<4 {
            try shell("cp '\(sample)/train/pizza/00\(index).jpg' \"$(printf 'set/caf\\351')/\(index).jpg\"")
            try shell("cp '\(sample)/train/steak/00\(index).jpg' \"$(printf 'set/a\\n\\033[2Jb')/\(index).jpg\"")
            try shell("cp '\(sample)/train/sushi/00\(index).jpg' \"set/tea/$(printf 'th\\351')\(index).jpg\"")
        }
    }

    @discardableResult
    private func shell(_ script: String) throws -> GraftProgram.Result {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = ["-c", "g='\(GraftProgram.executable)'; " + script]
        process.currentDirectoryURL = URL(fileURLWithPath: graft.workspace.path)
        process.environment = ["GRAFT_CACHE": graft.workspace.path + "/.cache", "PATH": "/usr/bin:/bin"]
        let (output, error) = (Pipe(), Pipe())
        process.standardOutput = output
        process.standardError = error
        try process.run()
        let text = output.fileHandleForReading.readDataToEndOfFile()
        let complaint = error.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return GraftProgram.Result(
            status: process.terminationStatus, output: String(decoding: text, as: UTF8.self),
            error: String(decoding: complaint, as: UTF8.self))
    }

    @Test func bytesOfNamesGoFromTheFolderToTheModelAndBack() throws {
        guard canHaveBytes else { return }
        try makePictures()
        let classes = [#"a\x0A\x1B[2Jb"#, #"caf\xE9"#, "tea"]
        let configuration = try graft.workspace.file(
            "set.yaml", "data: {train: set, split: 0.25}\ntrain: {epochs: 1}\n")
        let trained = try graft.run("train", configuration, "--output", "run", "--json")
        #expect(trained.status == 0, "\(trained.error)")
        #expect(try trained.json()["classes"] as? [String] == classes)
        #expect(try trained.json()["train_images"] as? Int == 9)
        #expect(!trained.error.contains("\u{1B}") && !trained.output.contains("\u{1B}"))
        let page = try String(contentsOfFile: graft.workspace.path + "/run/report.html", encoding: .utf8)
        #expect(page.contains(#"caf\xE9"#) && !page.contains("\u{1B}"))

        // By the model's names the folders are found again.
        let evaluated = try graft.run("evaluate", "run/model.npz", "set", "--json")
        #expect(evaluated.status == 0, "\(evaluated.error)")
        #expect(try evaluated.json()["total"] as? Int == 12)
        #expect(try graft.run("evaluate", "run/model.npz", "set").output.contains(#"caf\xE9"#))

        let rows = try graft.run("predict", "run/model.npz", "set", "--top", "1", "--csv")
        #expect(rows.output.split(separator: "\n").count == 13, "\(rows.output)")
        #expect(rows.output.contains(#"set/a\x0A\x1B[2Jb/0.jpg,1,"#))
        #expect(rows.output.contains(#"set/tea/th\xE92.jpg,1,"#))
        let document = try graft.run("predict", "run/model.npz", "set", "--json").json()
        let paths = (document["predictions"] as? [[String: Any]] ?? []).compactMap { $0["path"] as? String }
        #expect(paths.count == 12 && paths.contains(#"set/caf\xE9/3.jpg"#))
        #expect((document["skipped"] as? [Any])?.isEmpty == true)

        // A file by its bytes on the command line.
        let one = try shell(#""$g" predict run/model.npz "$(printf 'set/tea/th\3510.jpg')" --csv --top 1"#)
        #expect(one.status == 0, "\(one.error)")
        #expect(one.output.contains(#"set/tea/th\xE90.jpg,1,"#))
        let embedded = try shell(#""$g" embed run/model.npz set -o "$(printf 'f\351.npz')" && ls"#)
        #expect(embedded.output.contains(#"set/caf\xE9/0.jpg"#), "\(embedded.error)")
        let output = try shell(
            #""$g" train set.yaml --output "$(printf 'r\351')" && test -f "$(printf 'r\351/model.npz')""#)
        #expect(output.status == 0, "\(output.error)")
        #expect(output.output.contains(#"model   r\xE9/model.npz"#))
        let missing = try shell(#""$g" predict run/model.npz "$(printf 'no\351.jpg')""#)
        #expect(missing.error == #"error: no\xE9.jpg: no such file or folder; check the path"# + "\n")
    }

    /// Tables of people and of `doctor` and `pick` name files as they are shown; what they ask for is done to their bytes.
    @Test func bytesOfNamesGoThroughTables() throws {
        guard canHaveBytes else { return }
        try makePictures()
        try shell(#"cp "$(printf 'set/caf\351')/0.jpg" "$(printf 'set/caf\351/copy\377.jpg')""#)
        let found = try graft.run("doctor", "set", "--plan", "plan.csv")
        #expect(found.status == 1, "\(found.error)")
        #expect(!found.output.contains("\u{1B}") && found.output.contains(#"set/caf\xE9/"#))
        let plan = try String(contentsOfFile: graft.workspace.path + "/plan.csv", encoding: .utf8)
        #expect(plan.contains(#"drop,set/caf\xE9/copy\xFF.jpg,caf\xE9,"#), "\(plan)")
        _ = try graft.workspace.file(
            "moves.csv", plan + #"move,set/tea/th\xE90.jpg,tea,caf\xE9,by hand"# + "\r\n")
        let applied = try graft.run("doctor", "set", "--apply", "moves.csv", "--output", "clean", "--json")
        #expect(applied.status == 0, "\(applied.error)")
        #expect(try applied.json()["moved"] as? Int == 1)
        let moved = try shell(#"ls -b "$(printf 'clean/caf\351')""#)
        #expect(moved.output == #"0.jpg\#n1.jpg\#n2.jpg\#n3.jpg\#nth\3510.jpg\#n"#, "\(moved.output)")

        _ = try graft.workspace.file("labels.csv", "path,class\r\n" + #"set/tea/th\xE91.jpg,caf\xE9"# + "\r\n")
        let picked = try graft.run(
            "pick", "efficientnet_lite0", "set", "--apply", "labels.csv", "--output", "new")
        #expect(picked.status == 0, "\(picked.error)")
        #expect(try shell(#"ls -b "$(printf 'new/caf\351')""#).output == #"th\3511.jpg\#n"#)
    }

    /// What `$(graft fetch … --print-path)` gives is the file's name.
    @Test func printedPathsAreTheBytesOfTheName() throws {
        guard canHaveBytes else { return }
        let weights = Fixtures.path("../../weights")
        let path = try shell(
            #"ln -s '\#(weights)' "$(printf 'w\351\n[')" && p=$(GRAFT_WEIGHTS="$(printf 'w\351\n[')" "$g" "#
                + #"fetch efficientnet_lite0 --print-path) && test -f "$p" && echo found"#)
        #expect(path.output == "found\n", "\(path.error)")
    }

    @Test func foldersThatLookTheSameAreToldOf() throws {
        guard canHaveBytes else { return }
        for name in ["caf\u{E9}", "cafe\u{301}"] {
            let folder = Array("\(graft.workspace.path)/set".utf8) + [0x2F] + Array(name.utf8) + [0]
            mkdir("\(graft.workspace.path)/set", 0o777)
            mkdir(folder.map { CChar(bitPattern: $0) }, 0o777)
            for index in 0..<2 {
                let picture = "\(sample)/train/\(name.utf8.count == 5 ? "pizza" : "steak")/00\(index).jpg"
                try shell("cp '\(picture)' 'set/\(name)/\(index).jpg'")
            }
        }
        let configuration = try graft.workspace.file("set.yaml", "data: {train: set}\ntrain: {epochs: 1}\n")
        let result = try graft.run("train", configuration, "--output", "run")
        #expect(result.status == 0)
        #expect(
            result.error.contains(
                #"note      'cafe\xCC\x81' and 'caf\xC3\xA9' look the same ('cafe\#u{301}') and are 2 classes: "#
                    + "rename one if they are one\n"), "\(result.error)")
        #expect(result.output.contains("pictures  4 to train"))
    }

    /// Some file systems take UTF-8 only, or compose it.
    private var canHaveBytes: Bool {
        #if os(macOS)
            false
        #else
            true
        #endif
    }
}
