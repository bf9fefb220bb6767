import ArgumentParser
import Inference
import Zoo

struct MergeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "merge",
        abstract: "Join answers in parts to one file.",
        discussion: """
            The file has the bytes that one run over all pictures would have written to standard output. Shards of a folder
            have to be there and finished; single files are joined in the order in which they are named.

            EXAMPLES:
              graft predict food.npz list.txt --format jsonl --output answers --shard 3/16
              graft merge answers --output answers.jsonl
              graft merge one.csv two.csv --output both.csv
            """)

    @Argument(help: "Folders that --output of predict or embed has written, or files.", completion: .file())
    var parts: [String]

    @Option(name: .shortAndLong, help: "The file to write.", completion: .file())
    var output: String

    func run() throws {
        let merge = try PartMerge(parts)
        try OutputFile.check(output, inputs: merge.paths)
        let progress = ProgressLine("merging", unit: "bytes")
        try merge.write(to: output) { progress.update(done: $0, total: nil) }
        progress.finish()
        let pictures = merge.pictures.map { NumberText.counted($0, "picture") + " of " } ?? ""
        print("\(pictures)\(NumberText.counted(merge.paths.count, "part")) in \(output.shown)")
    }
}
