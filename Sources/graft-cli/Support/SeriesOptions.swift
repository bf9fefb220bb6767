import ArgumentParser
import Data
import Weights
import Zoo

/// How answers about any number of pictures are written.
enum SeriesFormat: String, ExpressibleByArgument, CaseIterable {
    case jsonl, csv
}

/// The options of commands that answer pictures by the million.
struct SeriesOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            """
            Write an answer a picture while the work goes on: jsonl (a JSON document a line) or csv. Pictures that cannot be \
            read have a line too, with an `error`. Memory does not grow with the number of pictures.
            """, valueName: "jsonl|csv"))
    var format: SeriesFormat?

    @Option(
        help: ArgumentHelp(
            """
            With --format: answer one of N parts of the pictures, such as 3/16. Left out in a Slurm array or an indexed job of \
            Kubernetes, it is the task's own (GRAFT_SHARDS says how many there are where the scheduler does not).
            """, valueName: "I/N"))
    var shard: String?

    @Option(help: ArgumentHelp("With --output FOLDER: pictures in a part, 10000 by default.", valueName: "n"))
    var partSize: Int?

    static let defaultPartSize = 10_000

    func validate() throws {
        guard let partSize else { return }
        guard (1...100_000_000).contains(partSize) else {
            throw ValidationError("--part-size must be from 1 to 100,000,000.")
        }
    }

    /// The shard that was asked for, or that a scheduler started this process for, which is said.
    func chosenShard() throws(GraftError) -> Shard { try Self.chosenShard(shard) }

    /// The same of another command's option.
    static func chosenShard(_ shard: String?) throws(GraftError) -> Shard {
        if let shard { return try Shard(shard) }
        guard let (shard, source) = try Shard.scheduled(FileSystem.variable) else { return .whole }
        Terminal.complain("shard \(shard), by \(source) (--shard 1/1 for all pictures)")
        return shard
    }

    /// The first of them that only `--format` reads, as it may hold any number of pictures.
    static func stream(among pictures: [String]) -> String? {
        pictures.first {
            $0 == PictureSeries.standardInput
                || (PictureSeries.isList($0) || PictureSeries.isArchive($0)) && !FileSystem.isFolder($0)
        }
    }

    /// - Throws: where what is not written in parts is given their size.
    func checkPartSize(output: String?) throws {
        guard partSize == nil || output != nil else { throw ValidationError("--part-size needs --output FOLDER.") }
    }

    /// - Throws: where options or pictures need `--format` and it is not given.
    func checkWithoutFormat(_ pictures: [String]) throws {
        guard format == nil else { return }
        guard shard == nil else { throw ValidationError("--shard needs --format.") }
        guard partSize == nil else { throw ValidationError("--part-size needs --format.") }
        if let name = Self.stream(among: pictures) {
            throw ValidationError(
                "'\(name.shown)' may hold any number of pictures: add --format jsonl or --format csv.")
        }
    }
}
