import ArgumentParser
import Data
import Engine
import Graft
import Insight
import Report
import Weights
import Zoo

struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Look for what is wrong with a folder of pictures, before training on it.",
        discussion: """
            It reads only. The exit code is 0 where nothing was found, 1 for findings, 2 for a folder that cannot be used.
            With --apply, a new folder is made as a plan says; the old one stays as it is.

            EXAMPLES:
              graft doctor data/train --against data/test
              graft doctor data/train --html doctor.html --plan fixes.csv
              graft doctor data/train --apply fixes.csv --output data/clean
            """)

    @Argument(help: "A folder with a folder of pictures for each class.", completion: .file())
    var data: String

    @Option(
        help: ArgumentHelp("The test pictures: none of them may be among the others.", valueName: "folder"),
        completion: .directory)
    var against: String?

    @Option(help: "Whose features are compared: a model file or a pretrained name.")
    var model = "efficientnet_lite0"

    @Option(help: ArgumentHelp("Also write a page that shows the pictures.", valueName: "file"), completion: .file())
    var html: String?

    @Option(
        help: ArgumentHelp("Also write what to do with each picture, as a table to be edited.", valueName: "file"),
        completion: .file())
    var plan: String?

    @Option(
        help: ArgumentHelp("Carry out a plan: copy the pictures into --output.", valueName: "file"), completion: .file()
    )
    var apply: String?

    @Option(name: .shortAndLong, help: "With --apply: the folder to make.", completion: .file())
    var output: String?

    @Flag(help: "One JSON document on standard output.")
    var json = false

    func validate() throws {
        guard (apply == nil) == (output == nil) else { throw ValidationError("--apply and --output go together.") }
        guard apply == nil || (html == nil && plan == nil && against == nil) else {
            throw ValidationError("--apply looks at nothing: leave out --against, --html and --plan.")
        }
    }

    func run() async throws {
        do {
            if let apply, let output { return try carryOut(apply, output) }
            try examine()
        } catch let error as GraftError {
            Terminal.complain("error: \(error)")
            throw ExitCode(2)
        }
    }

    private func examine() throws {
        for file in [html, plan].compactMap({ $0 }) { try OutputFile.check(file, inputs: [model]) }
        let folder = try ImageFolder(path: data)
        let test = try against.map { try ImageFolder(path: $0, testing: folder.classes) }
        let cases =
            try self.cases(of: folder, isTest: false)
            + (test.map { folder throws(GraftError) in try self.cases(of: folder, isTest: true) } ?? [])
        let loaded = try LoadedModel.open(model)
        let progress = ProgressLine("features", unit: "pictures")
        let table = try FeatureTable(of: cases.map(\.path), by: loaded) {
            progress.update(done: $0.done, total: $0.total)
        }
        progress.finish()
        let looking = ProgressLine("looking", unit: "pictures")
        let facts = WorkerPool.map(count: cases.count, threads: loaded.threads) { index in
            Result { () throws(GraftError) in try PictureFacts(path: cases[index].path) }
        } done: {
            looking.update(done: $0, total: cases.count)
        }
        looking.finish()
        let comparing = ProgressLine("comparing", unit: "%")
        let doctor = Doctor(
            cases, classes: folder.classes, facts: facts, features: table.rows, threads: loaded.threads)
        let report = doctor.examine { comparing.update(done: Int($0 * 100), total: 100) }
        comparing.finish()
        if let plan { try AtomicFile.write(FixPlan(report).csv, to: plan) }
        if let html { try AtomicFile.write(DoctorPage(report, folder: data).html, to: html) }
        for note in folder.notes + (test?.notes ?? []) { Terminal.complain("note    \(note)", .quiet) }
        if json { try JSONOutput.show(report.document) } else { show(report) }
        if !report.isClean { throw ExitCode(1) }
    }

    private func show(_ report: DoctorReport) {
        var counts = "\(report.pictures) pictures of \(report.classes.count) classes"
        if let outside = report.outOfFold {
            counts += ", \(outside.correct) of \(outside.total) told right by a model that had not seen them"
        }
        print(counts)
        if report.isClean { return print(Terminal.styled("Nothing found.", .good)) }
        for finding in report.findings {
            let count = finding.entries.isEmpty ? "" : ": \(NumberText.counted(finding.count, "picture"))"
            let limit = finding.threshold.map { ", \(finding.measure) from \(decimals($0, 2))" } ?? ""
            print("\n\(Terminal.styled(finding.message, .strong))\(count)\(Terminal.styled(limit, .quiet))")
            for entry in finding.entries.prefix(5) {
                let value = entry.value.map { "  \(decimals($0, 2))" } ?? ""
                let other = entry.other.map { "  as \($0.shown)" } ?? ""
                let suggested = entry.suggested.map { "  → \($0)?" } ?? ""
                let note = entry.note.map { "  \($0)" } ?? ""
                print("  \(entry.path.shown)\(value)\(suggested)\(other)\(note)")
            }
            if finding.count > 5 { print("  … and \(finding.count - 5) more") }
            print("  \(Terminal.styled(finding.advice, .quiet))")
        }
        if let plan {
            print(
                "\nWhat to do with each is in \(plan.shown): edit it, then "
                    + "graft doctor \(data.shown) --apply \(plan.shown) --output NEW")
        }
        if let html { print("\nLook at them in \(html.shown)") }
    }

    private func cases(of folder: ImageFolder, isTest: Bool) throws(GraftError) -> [Doctor.Case] {
        zip(folder.pictures, try folder.labels(for: "graft doctor")).map {
            Doctor.Case(path: $0.path, label: $1, isTest: isTest)
        }
    }

    private func carryOut(_ file: String, _ output: String) throws {
        let text = try TextFile.read(file)
        let plan = try FixPlan(csv: text, name: file)
        let folder = try ImageFolder(path: data)
        let done = try plan.copy(folder, to: output)
        if json { return try JSONOutput.show(done.document) }
        print(
            "\(output.shown): \(NumberText.counted(done.copied, "picture")) copied, \(done.moved) of them to another class, "
                + "\(done.dropped) left out")
    }
}
