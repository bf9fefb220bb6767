import ArgumentParser
import Comparison
import Graft
import Inference
import Insight
import Learning
import Report
import Weights
import Zoo

struct CompareCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compare",
        abstract: "Which model for these pictures? Accuracy and cost of backbones and heads, on the same pictures.",
        discussion: """
            Each backbone's features are computed once and kept for graft train. Each picture is answered by a head made of
            the other folds' pictures, copies in one fold; with --test, heads are made of all pictures of the folder and
            answer the test pictures.

            EXAMPLES:
              graft compare data/train
              graft compare data/train --backbones efficientnet_lite0,resnet18 --heads linear,logistic,prototype
              graft compare data/train --test data/test --html compared.html
            """)

    @Argument(help: "A folder with a folder of pictures for each class.")
    var data: String

    @Option(
        help: ArgumentHelp(
            "Registered backbones, with commas. Default: those whose weights are on this machine.", valueName: "a,b,c"))
    var backbones: String?

    @Option(help: ArgumentHelp("Kinds of heads, with commas.", valueName: "x,y"))
    var heads = "linear,logistic"

    @Option(help: "Pictures to count, in folders of the same names.")
    var test: String?

    @Option(help: ArgumentHelp("Also write a page with a plot.", valueName: "file"))
    var html: String?

    @Flag(help: "One JSON document on standard output.")
    var json = false

    func validate() throws {
        for (name, list) in [("--backbones", backbones), ("--heads", heads)] {
            guard let list else { continue }
            let names = Self.names(list)
            guard !names.contains(""), Set(names).count == names.count else {
                throw ValidationError("\(name) takes different names with commas between, as in a,b.")
            }
        }
    }

    private static func names(_ list: String) -> [String] {
        list.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    }

    func run() async throws {
        if let html { try OutputFile.check(html, inputs: []) }
        let registry = try Registry.builtIn()
        let names = try backbones.map(Self.names) ?? registry.backbonesHere()
        let comparison = try ComparisonRun(
            data, test: test, backbones: names, heads: Self.names(heads), registry: registry)
        let display = ComparisonDisplay()
        let found = try comparison.run(display.show)
        display.finish()
        for file in found.skipped { Terminal.complain("skipped \(file)", .bad) }
        if let html { try AtomicFile.write(ComparisonPage(found, folder: data).html, to: html) }
        if json { return try JSONOutput.show(found.document) }
        show(found)
    }

    private func show(_ found: ModelComparison) {
        var table = TextTable([
            ("BACKBONE", .left), ("HEAD", .left), ("RIGHT", .right), ("ACCURACY", .right), ("95 % INTERVAL", .right),
            ("ONLY IT : BEST", .right), ("P", .right), ("MS", .right), ("MB", .right),
        ])
        for (index, candidate) in found.candidates.enumerated() {
            let (interval, difference) = (candidate.interval, found.difference(index))
            table.add(
                candidate.backbone, candidate.head, "\(candidate.correct) of \(candidate.total)",
                percent(candidate.accuracy), "\(percent(interval.lower)) to \(percent(interval.upper))",
                difference.map { "\($0.onlySecond) : \($0.onlyFirst)" } ?? "the best",
                difference.map { $0.pText } ?? "", decimals(candidate.milliseconds, 1),
                decimals(candidate.megabytes, 1))
        }
        table.show()
        print("\n\(Terminal.styled(found.verdict, .strong))")
        if let html { print("Look at it in \(html)") }
    }

    private func percent(_ share: Double) -> String { "\(decimals(share * 100, 1)) %" }
}

/// What a comparison is doing, on one line of the terminal.
private final class ComparisonDisplay: Sendable {
    private let lines = Locked<[String: ProgressLine]>([:])

    @Sendable func show(_ event: ComparisonRun.Event) {
        switch event {
        case .download(let progress):
            line("getting weights", "bytes").update(done: progress.bytesDone, total: progress.bytesTotal)
        case .features(let backbone, let progress):
            line("\(backbone), features", "pictures").update(done: progress.done, total: progress.total)
        case .heads(let backbone, let done, let total):
            line("\(backbone), heads", "heads").update(done: done, total: total)
        case .note(let note): Terminal.complain("note    \(note)", .quiet)
        }
    }

    /// One line at a time: a new title wipes the last.
    private func line(_ title: String, _ unit: String) -> ProgressLine {
        lines.withLock { lines in
            if let known = lines[title] { return known }
            for line in lines.values { line.finish() }
            let line = ProgressLine(title, unit: unit)
            lines = [title: line]
            return line
        }
    }

    func finish() { lines.withLock { lines in lines.values.forEach { $0.finish() } } }
}

extension Registry {
    /// The names of backbones whose first weights are on this machine.
    fileprivate func backbonesHere() throws(GraftError) -> [String] {
        var names: [String] = []
        for name in backboneNames {
            let backbone = try backbone(name)
            guard let entry = backbone.pretrained.first, whereabouts(of: entry, backbone: backbone) != nil else {
                continue
            }
            names.append(name)
        }
        guard !names.isEmpty else {
            throw GraftError(
                .invalidModel, "no weights are on this machine",
                remedy: "get some with graft fetch, or name --backbones")
        }
        return names
    }
}
