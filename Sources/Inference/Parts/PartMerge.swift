import Weights
package import Zoo

/// Joins answers in parts to one file: the bytes that one run over all pictures would have written. Nothing is held but a
/// buffer.
package struct PartMerge {
    private struct File {
        let path: String
        /// Of its bytes, where a journal says so.
        let sha256: String?
    }

    private let files: [File]
    private let isTable: Bool
    /// How many pictures there are, where journals say so.
    package private(set) var pictures: Int?

    /// - Parameter paths: folders of parts, in any order; or files, in the order in which they shall stand.
    /// - Throws: `GraftError` `.invalidData` for shards that are missing, unfinished, named twice, or of different runs.
    package init(_ paths: [String]) throws(GraftError) {
        let folders = paths.filter { FileSystem.isFolder($0) }
        guard folders.count == paths.count || folders.isEmpty else {
            throw GraftError(
                .invalidValue, "folders of parts and single files", expected: "one of the two", found: "both")
        }
        if folders.isEmpty {
            for (place, path) in paths.enumerated() where paths[..<place].contains(path) {
                throw GraftError(.invalidValue, "named twice", file: path, remedy: "name each file once")
            }
            let tables = paths.filter { $0.lowercased().hasSuffix(".csv") }
            guard tables.isEmpty || tables.count == paths.count else {
                throw GraftError(
                    .invalidValue, "tables and other files", expected: "files of one format",
                    found: "'\(tables[0].shown)' beside others")
            }
            files = paths.map { File(path: $0, sha256: nil) }
            isTable = !tables.isEmpty
        } else {
            (files, isTable, pictures) = try Self.files(in: folders)
        }
    }

    private static func files(in folders: [String]) throws(GraftError) -> ([File], isTable: Bool, pictures: Int?) {
        var shards: [(path: String, identity: PartIdentity)] = []
        for folder in folders {
            if let identity = try PartJournal.identity(in: folder) {
                shards.append((folder, identity))
                continue
            }
            let inner = PartFolder.shardFolders(in: folder).map { PathText.join(folder, $0.name) }
            guard !inner.isEmpty else {
                throw GraftError(
                    .invalidData, "no answers in parts", file: folder,
                    expected: "a folder that 'graft predict --output' has written")
            }
            for path in inner {
                if let identity = try PartJournal.identity(in: path) { shards.append((path, identity)) }
            }
        }
        shards.sort { $0.identity.shard < $1.identity.shard }
        guard let first = shards.first else {
            throw GraftError(.invalidData, "no shard has begun", file: folders.first)
        }
        for (path, identity) in shards.dropFirst() {
            try first.identity.check(identity, in: path, withShard: false, remedy: "merge the shards of one run only")
        }
        let present = shards.map(\.identity.shard)
        for (place, shard) in present.enumerated() where present[..<place].last == shard {
            throw GraftError(
                .invalidData, "shard \(shard) is there twice", file: shards[place].path,
                found: "also '\(shards[place - 1].path.shown)'")
        }
        let all = Set(1...max(1, first.identity.shards))
        let missing = all.subtracting(present).sorted()
        guard missing.isEmpty else { throw incomplete("are missing", missing, first.identity.shards, folders) }
        var files: [File] = []
        var pictures = 0
        var unfinished: [Int] = []
        for (path, identity) in shards {
            let (records, end, _) = try PartJournal.read(in: path)
            if end == nil { unfinished.append(identity.shard) }
            files += records.map { File(path: PathText.join(path, $0.part), sha256: $0.sha256) }
            pictures += end?.pictures ?? 0
        }
        guard unfinished.isEmpty else {
            throw incomplete("are not finished", unfinished, first.identity.shards, folders)
        }
        return (files, first.identity.format == "csv", pictures)
    }

    private static func incomplete(
        _ what: String, _ shards: [Int], _ count: Int, _ folders: [String]
    ) -> GraftError {
        let named = shards.prefix(8).map(String.init).joined(separator: ", ") + (shards.count > 8 ? " …" : "")
        return GraftError(
            .invalidData, "\(shards.count) of \(count) shards \(what)", file: folders.first, found: named,
            remedy: "run them again, and merge then")
    }

    /// The files that are read.
    package var paths: [String] { files.map(\.path) }

    /// Writes them to one file, which appears whole.
    /// - Throws: `GraftError` `.hash` for a part that was changed, `.invalidData` for tables of other columns, `.unwritable`.
    package func write(to path: String, progress: (Int) -> Void = { _ in }) throws(GraftError) {
        let output = try AtomicFile(path: path)
        var header: [UInt8]?
        var done = 0
        var last: UInt8?
        for file in files {
            // A last line that ends without a line feed is a line all the same.
            if let last, last != 10 { try output.write([10]) }
            let stream = try ByteStream(path: file.path)
            var hash = Hash.Stream()
            if isTable {
                let first = try stream.withLine(limit: 1 << 17) { bytes throws(GraftError) -> [UInt8] in
                    Array(bytes) + [10]
                }
                let line = first ?? []
                line.withUnsafeBytes { hash.update($0) }
                if header == nil { try output.write(line) }
                header = header ?? line
                guard line == header else {
                    throw GraftError(
                        .invalidData, "a table of other columns", file: file.path, member: "line 1",
                        expected: "the columns of '\(files[0].path.shown)'")
                }
            }
            while true {
                let bytes = try stream.read(1 << 18)
                guard !bytes.isEmpty else { break }
                bytes.withUnsafeBytes { hash.update($0) }
                try output.write(bytes)
                last = bytes.last
                done += bytes.count
                progress(done)
            }
            let found = hash.hex()
            guard file.sha256 == nil || file.sha256 == found else {
                throw GraftError(
                    .hash, "the part was changed since it was written", file: file.path,
                    expected: file.sha256.map { String($0.prefix(12)) }, found: String(found.prefix(12)),
                    remedy: "remove it, and run its shard again")
            }
        }
        try output.commit()
    }
}
