import Images
import Weights
package import Zoo

/// A picture of a series, in its turn.
package struct SeriesPicture: Sendable {
    package enum Content: Sendable {
        /// A file of that name.
        case file
        /// A file's bytes.
        case bytes([UInt8])
        /// Not to be read, and why.
        case none(String)
    }

    /// A path; for a picture in an archive the archive's path, a slash and its own, without the former on standard input.
    package let name: String
    package let content: Content
}

/// Goes through a stretch of a series, from front to back. Not for two threads.
package final class PictureCursor {
    private let series: PictureSeries
    private let entries: Range<Int>
    private let pictures: Range<Int>
    private let fileLimit = ImageLimits().fileBytes

    /// The place of the next entry and of the next picture in the series.
    private var place = (entry: 0, picture: 0)
    /// The part that entries come from, and the place in it.
    private var part = 0, path = 0
    private var list: PathList?
    private var archive: (reader: TarReader, prefix: String)?

    /// How many pictures there will be; nil while that cannot be told. With archives it is guessed, by those that are over.
    package var expected: Int? {
        if pictures.upperBound < .max { return pictures.count }
        guard let count = series.entryCount.map({ entries.clamped(to: 0..<$0).count }) else { return nil }
        guard series.hasArchives else { return count }
        let over = place.entry - entries.lowerBound - 1
        return over > 0 ? max(place.picture, place.picture * count / over) : nil
    }

    package init(_ series: PictureSeries, _ extent: SeriesExtent) {
        self.series = series
        switch extent {
        case .entries(let range): (entries, pictures) = (range, 0..<Int.max)
        case .pictures(let range): (entries, pictures) = (0..<Int.max, range)
        }
    }

    /// The next picture; nil at the end.
    /// - Parameter withContent: whether the bytes of one in an archive are wanted.
    /// - Throws: `GraftError` for a list or an archive that cannot be read or is damaged.
    package func next(withContent: Bool = true) throws(GraftError) -> SeriesPicture? {
        while place.picture < pictures.upperBound {
            let isWanted = place.picture >= pictures.lowerBound
            guard let picture = try nextOfAll(withContent: withContent && isWanted) else { return nil }
            place.picture += 1
            if isWanted { return picture }
        }
        return nil
    }

    private func nextOfAll(withContent: Bool) throws(GraftError) -> SeriesPicture? {
        while true {
            if let picture = try nextInArchive(withContent) { return picture }
            guard let entry = try nextEntry() else { return nil }
            switch entry {
            case .path(let path) where PictureSeries.isArchive(path):
                archive = (TarReader(try ByteStream(path: path)), path + "/")
            case .path(let path): return SeriesPicture(name: path, content: .file)
            case .archive(let stream): archive = (TarReader(stream), "")
            }
        }
    }

    private func nextInArchive(_ withContent: Bool) throws(GraftError) -> SeriesPicture? {
        while let member = try archive?.reader.next() {
            let own = PathText.name(of: member.name)
            guard Folder.isPicture(own), !Folder.isJunk(own) else { continue }
            let name =
                (archive?.prefix ?? "") + (member.name.hasPrefix("./") ? String(member.name.dropFirst(2)) : member.name)
            if member.isSparse { return SeriesPicture(name: name, content: .none("a file with holes in an archive")) }
            guard member.size <= fileLimit else {
                let error = GraftError(
                    .tooLarge, "file too large", expected: "at most \(fileLimit) bytes", found: "\(member.size) bytes")
                return SeriesPicture(name: name, content: .none(error.description))
            }
            return SeriesPicture(name: name, content: .bytes(withContent ? try archive?.reader.content() ?? [] : []))
        }
        archive = nil
        return nil
    }

    private enum Entry {
        case path(String)
        case archive(ByteStream)
    }

    private func nextEntry() throws(GraftError) -> Entry? {
        guard !entries.isEmpty else { return nil }
        while part < series.parts.count, place.entry < entries.upperBound {
            let ahead = max(0, entries.lowerBound - place.entry)
            var found: Entry?
            switch series.parts[part] {
            case .paths(let paths):
                let passed = min(ahead, paths.count - path)
                path += passed
                place.entry += passed
                if path < paths.count {
                    found = .path(paths[path])
                    path += 1
                }
            case .list(let name):
                if list == nil { list = PathList(try ByteStream(path: name)) }
                place.entry += try list?.skip(ahead) ?? 0
                found = try list?.next().map { .path($0) }
            case .standardInput:
                if let list {
                    found = try list.next().map { .path($0) }
                } else if path == 0 {
                    let stream = ByteStream(standardInputAs: "standard input")
                    if TarReader.recognizes(try stream.peek(TarHeader.length)) {
                        path = 1
                        found = .archive(stream)
                    } else {
                        list = PathList(stream)
                        continue
                    }
                }
            }
            if let found {
                place.entry += 1
                return found
            }
            (part, path, list) = (part + 1, 0, nil)
        }
        return nil
    }
}
