import Data
import Graft
import Inference
import Weights
import Zoo

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    @preconcurrency import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Answers any number of pictures one after the other, to standard output or to a folder of parts.
struct SeriesRun {
    typealias Next = () throws(GraftError) -> Result<PictureInput, SkippedFile>?
    typealias Give = (PartAnswer) throws(GraftError) -> Void

    /// What is done, for the progress line: "predicting".
    let title: String
    let command: String
    let pictures: [String]
    let format: SeriesFormat
    let options: SeriesOptions
    /// The folder of parts; nil for standard output.
    let output: String?
    let settings: [String: String]
    let strictness: StrictOption

    /// How many unreadable pictures are named on standard error.
    private static let told = 10

    /// - Parameters:
    ///   - header: a table's first line.
    ///   - answer: takes pictures and gives answers in their order, until there are no more.
    func run(_ model: LoadedModel, header: [UInt8], answer: (Next, Give) throws(GraftError) -> Void) throws {
        try options.checkPartSize(output: output)
        if let output, output.hasSuffix(".\(format.rawValue)") {
            throw GraftError(
                .invalidValue, "a folder of parts is written", parameter: "--output", found: "'\(output.shown)'",
                remedy: "name a folder, or write to one file with > \(output.shown)")
        }
        let shard = try options.chosenShard()
        let series = try PictureSeries(pictures)
        let cursor = PictureCursor(series, try series.extent(of: shard))
        var folder: PartFolder?
        if let output {
            let identity = PartIdentity(
                command: command, format: format.rawValue, model: try model.digest, names: series.namesSHA256,
                settings: settings, instructionSet: try model.instructionSet, shard: shard.index, shards: shard.count,
                partSize: options.partSize ?? SeriesOptions.defaultPartSize)
            let found = try PartFolder(output, identity, header: header)
            try found.skipFinished { () throws(GraftError) in try cursor.next(withContent: false)?.name }
            folder = found
        } else {
            fwrite(header, 1, header.count, stdout)
        }
        var totals = folder?.totals ?? PartTotals()
        let before = totals.pictures
        if before > 0 {
            Terminal.complain(
                "\(NumberText.counted(before, "picture")) answered before, in \(totals.parts) parts: skipped")
        }
        var firstFault: SkippedFile?
        var faults = 0
        let clock = ContinuousClock(), start = clock.now
        let progress = ProgressLine(title, unit: "pictures", from: before)
        if folder?.isFinished != true {
            try answer {
                () throws(GraftError) in
                guard let picture = try cursor.next() else { return nil }
                switch picture.content {
                case .file: return .success(.path(picture.name))
                case .bytes(let bytes): return .success(.bytes(bytes, name: picture.name))
                case .none(let reason): return .failure(SkippedFile(path: picture.name, reason: reason))
                }
            } _: { (found: PartAnswer) throws(GraftError) in
                if let fault = found.fault {
                    let skipped = SkippedFile(path: found.name, reason: fault)
                    try strictness.check([skipped])
                    firstFault = firstFault ?? skipped
                    faults += 1
                    if faults <= Self.told { Terminal.complain("skipped \(skipped)", .bad) }
                }
                totals.count(found)
                if let folder {
                    if try folder.add(found), !Terminal.errorIsTerminal {
                        let rate = Double(totals.pictures - before) / max(1e-9, (clock.now - start).seconds)
                        Terminal.complain(Self.line(totals.pictures, cursor.expected, rate))
                    }
                } else if fwrite(found.bytes, 1, found.bytes.count, stdout) != found.bytes.count {
                    throw GraftError(.unwritable, "standard output cannot be written", remedy: "is the disk full?")
                }
                progress.update(done: totals.pictures, total: cursor.expected)
            }
            try folder?.finish()
        }
        progress.finish()
        if faults > Self.told {
            Terminal.complain("… \(faults) pictures skipped: each has its line, with an error", .bad)
        }
        guard totals.pictures > 0 || shard != .whole else {
            throw GraftError(.invalidData, "no pictures", file: pictures.first)
        }
        guard totals.unreadable < max(1, totals.pictures) else {
            throw GraftError(
                .invalidData, "none of the \(totals.pictures) pictures can be read", file: pictures.first,
                found: firstFault.map { "\($0)" })
        }
    }

    /// "120000 of 625000 pictures, 41.2/s, 3 h 25 min left"
    private static func line(_ done: Int, _ total: Int?, _ rate: Double) -> String {
        var text = "\(done)\(total.map { " of \($0)" } ?? "") pictures, \(decimals(rate, 1))/s"
        if let total, total > done, rate > 0 { text += ", \(duration(Double(total - done) / rate)) left" }
        return text
    }
}
