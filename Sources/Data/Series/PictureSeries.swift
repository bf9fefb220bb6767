import Weights
package import Zoo

/// Any number of pictures in a fixed order, which nothing holds at once: pictures and folders as they were named, lists of
/// paths, tar archives, and a list or an archive that comes in on standard input.
///
/// An *entry* is a picture's path or an archive; a list's lines are entries.
package struct PictureSeries: Sendable {
    /// What stands for standard input.
    package static let standardInput = "-"
    /// The longest line of a list in bytes: far more than a path may have.
    static let lineLimit = 1 << 16

    enum Part: Sendable {
        case paths([String])
        /// A text file of one path a line.
        case list(String)
        case standardInput
    }

    let parts: [Part]
    /// How many entries there are; nil where standard input is among them, which can be read but once.
    package let entryCount: Int?
    /// SHA-256 of the entries' names in their order; nil where standard input is among them.
    package let namesSHA256: String?
    /// Whether a picture is an entry: not where there are archives.
    package let hasArchives: Bool

    /// Reads lists through once, to count. Folders are walked, and their names held.
    /// - Throws: `GraftError` for what does not exist, a folder without pictures, a list that is none.
    package init(_ paths: [String]) throws(GraftError) {
        var parts: [Part] = []
        var named: [String] = []
        for path in paths {
            let isInput = path == Self.standardInput
            guard isInput || Self.isList(path) && Folder.kind(of: path)?.isFolder != true else {
                named += try PictureList.expand([path])
                continue
            }
            if !named.isEmpty { parts.append(.paths(named)) }
            named = []
            parts.append(isInput ? .standardInput : .list(path))
        }
        if !named.isEmpty { parts.append(.paths(named)) }
        let inputs = parts.count { if case .standardInput = $0 { true } else { false } }
        guard inputs < 2 else {
            throw GraftError(.invalidValue, "standard input can be read once only", found: "'-' \(inputs) times")
        }
        self.parts = parts
        var (count, hasArchives) = (0, false)
        var names = Hash.Stream()
        for part in parts {
            switch part {
            case .paths(let paths):
                count += paths.count
                for path in paths {
                    names.update(path)
                    names.update("\n")
                    hasArchives = hasArchives || Self.isArchive(path)
                }
            case .list(let path):
                let stream = try ByteStream(path: path)
                guard stream.count != nil else {
                    throw GraftError(
                        .invalidValue, "a list that is a pipe can be read once only", file: path,
                        remedy: "send it to standard input, and name '-' in its place")
                }
                let list = PathList(stream)
                while let isArchive = try list.hashNext(into: &names) {
                    count += 1
                    hasArchives = hasArchives || isArchive
                }
            case .standardInput: break
            }
        }
        self.hasArchives = hasArchives
        entryCount = inputs == 0 ? count : nil
        namesSHA256 = inputs == 0 ? names.hex() : nil
    }

    /// Whether a file of that name is a list of paths.
    package static func isList(_ path: String) -> Bool { path.lowercased().hasSuffix(".txt") }

    /// Whether a file of that name is an archive of pictures.
    package static func isArchive(_ path: String) -> Bool { path.lowercased().hasSuffix(".tar") }

    /// What a shard has of the series: entries, or, where there are fewer of them than shards and archives among them, pictures,
    /// for which the archives are read through once.
    /// - Throws: `GraftError` `.invalidValue` for standard input, which cannot be counted first; what reading throws.
    package func extent(of shard: Shard) throws(GraftError) -> SeriesExtent {
        if shard == .whole { return .entries(0..<(entryCount ?? .max)) }
        guard let entryCount else {
            throw GraftError(
                .invalidValue, "standard input cannot be cut into shards, for its pictures cannot be counted first",
                found: "--shard \(shard)",
                remedy: "name a list or archives, or send each task its own and say --shard 1/1")
        }
        guard hasArchives, entryCount < shard.count else { return .entries(shard.range(of: entryCount)) }
        let all = PictureCursor(self, .entries(0..<entryCount))
        var count = 0
        while try all.next(withContent: false) != nil { count += 1 }
        return .pictures(shard.range(of: count))
    }
}

/// A stretch of a series.
package enum SeriesExtent: Sendable, Hashable {
    /// Those entries.
    case entries(Range<Int>)
    /// Those pictures, wherever they lie.
    case pictures(Range<Int>)
}
