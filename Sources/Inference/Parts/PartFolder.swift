import Weights
package import Zoo

/// An answer, as a part holds it.
package struct PartAnswer: Sendable {
    /// The picture's name.
    package let name: String
    /// Lines, each with its end.
    package let bytes: [UInt8]
    /// Why the picture could not be read; nil for one that could.
    package let fault: String?

    package init(name: String, bytes: [UInt8], fault: String? = nil) {
        self.name = name
        self.bytes = bytes
        self.fault = fault
    }
}

/// A folder of answers in parts of so many pictures: `part-00000.jsonl` and so on, each of which appears whole. A run that was
/// ended goes on behind the last finished part, and leaves the same bytes as one that was not. Not for two threads.
package final class PartFolder {
    package let path: String
    /// What is finished.
    package private(set) var totals = PartTotals()
    /// Whether all of the shard is.
    package private(set) var isFinished = false

    private let identity: PartIdentity
    /// What every part begins with: the head of a table.
    private let header: [UInt8]
    private let lock: RunLock
    private let finished: [PartRecord]
    private let journal: LineFile
    private var open: Part?

    /// A part that is being written.
    private final class Part {
        let name: String
        let file: AtomicFile
        private var bytes: Hash.Stream? = Hash.Stream()
        private var names: Hash.Stream? = Hash.Stream()
        private(set) var pictures = 0
        private var unreadable = 0

        init(name: String, in folder: String, _ header: [UInt8]) throws(GraftError) {
            self.name = name
            file = try AtomicFile(path: PathText.join(folder, name))
            try write(header)
        }

        func add(_ answer: PartAnswer) throws(GraftError) {
            try write(answer.bytes)
            names?.update(answer.name)
            names?.update("\n")
            pictures += 1
            if answer.fault != nil { unreadable += 1 }
        }

        private func write(_ text: [UInt8]) throws(GraftError) {
            try file.write(text)
            text.withUnsafeBytes { bytes?.update($0) }
        }

        /// Makes the file appear; to be called once.
        func commit() throws(GraftError) -> PartRecord {
            try file.commit()
            return PartRecord(
                part: name, pictures: pictures, unreadable: unreadable, bytes: file.position,
                sha256: bytes.take()?.hex() ?? "", names: names.take()?.hex() ?? "")
        }
    }

    /// Where a shard's parts are in the folder that was asked for: in it, or for one of several in a folder of its own.
    package static func path(of shard: Int, of shards: Int, in root: String) -> String {
        shards == 1 ? root : PathText.join(root, "shard-\(padded(shard, "\(shards)".count))-of-\(shards)")
    }

    /// Goes on with a folder, or begins it.
    /// - Parameters:
    ///   - root: the folder that was asked for, of all shards.
    ///   - header: what every part begins with.
    /// - Throws: `GraftError` `.invalidData` where the folder holds something else, `.file` where another run is writing to it,
    ///   `.unwritable`.
    package init(_ root: String, _ identity: PartIdentity, header: [UInt8]) throws(GraftError) {
        try Self.checkLayout(root, shards: identity.shards)
        path = Self.path(of: identity.shard, of: identity.shards, in: root)
        self.identity = identity
        self.header = header
        guard FileSystem.makeFolder(path) else {
            throw GraftError(
                .unwritable, "cannot make the folder", file: path,
                remedy: "check its permissions, and that no file is in the way")
        }
        lock = try RunLock(folder: path)
        for name in FileSystem.names(in: path) ?? [] where Self.isLeftOver(name) {
            FileSystem.remove(PathText.join(path, name))
        }
        let journalPath = PathText.join(path, PartJournal.name)
        if let found = try PartJournal.identity(in: path) {
            try identity.check(found, in: path, remedy: "choose another folder with --output, or remove it")
            let (records, end, hasMore) = try PartJournal.read(in: path)
            finished = records
            isFinished = end != nil
            if hasMore {
                var lines: [UInt8] = []
                for record in records { lines += try PartJournal.line(record) }
                try AtomicFile.write(lines, to: journalPath)
            }
            for record in records { totals.add(record) }
        } else {
            finished = []
            FileSystem.remove(journalPath)
            try PartJournal.write(identity, in: path)
        }
        journal = try LineFile(continuing: journalPath)
    }

    /// Passes over the pictures of finished parts.
    /// - Parameter next: the next picture's name, nil at the end.
    /// - Throws: `GraftError` `.invalidData` where they are not those of the parts; what `next` throws.
    package func skipFinished(_ next: () throws(GraftError) -> String?) throws(GraftError) {
        for record in finished {
            var names = Hash.Stream()
            for _ in 0..<record.pictures {
                guard let name = try next() else { break }
                names.update(name)
                names.update("\n")
            }
            guard names.hex() == record.names else {
                throw GraftError(
                    .invalidData, "the pictures are not those that the part was made of", file: path,
                    member: record.part,
                    remedy: "choose another folder with --output, or remove it")
            }
        }
        if isFinished, let more = try next() {
            throw GraftError(
                .invalidData, "there are more pictures than the folder was made of", file: path, found: more.shown,
                remedy: "choose another folder with --output, or remove it")
        }
    }

    /// Adds the next answer.
    /// - Returns: whether it was the last of a part, which is there now.
    package func add(_ answer: PartAnswer) throws(GraftError) -> Bool {
        let part: Part
        if let open {
            part = open
        } else {
            part = try Part(name: "\(Self.name(of: totals.parts)).\(identity.format)", in: path, header)
            open = part
        }
        try part.add(answer)
        guard part.pictures == identity.partSize else { return false }
        try close(part)
        return true
    }

    /// Ends the last part, and the shard.
    package func finish() throws(GraftError) {
        guard !isFinished else { return }
        if let open { try close(open) }
        try journal.append(try PartJournal.line(totals))
        try journal.synchronize()
        isFinished = true
    }

    private func close(_ part: Part) throws(GraftError) {
        let record = try part.commit()
        // After the part: a line without its file would be a lie, a file without its line is made again.
        try journal.append(try PartJournal.line(record))
        try journal.synchronize()
        totals.add(record)
        open = nil
    }

    static func name(of part: Int) -> String { "part-\(padded(part, 5))" }

    private static func padded(_ number: Int, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }

    /// What a run that was killed leaves of the file that it was writing.
    private static func isLeftOver(_ name: String) -> Bool {
        name.hasSuffix(".part") && [".part-", ".parts.jsonl.", ".run.json."].contains { name.hasPrefix($0) }
    }

    /// The shards of a folder, of whatever number: what follows `of-` in their folders' names.
    static func shardFolders(in root: String) -> [(name: String, shards: Int)] {
        (FileSystem.names(in: root) ?? []).compactMap { name in
            let words = name.split(separator: "-")
            guard words.count == 4, words[0] == "shard", words[2] == "of", let shards = Int(words[3]) else {
                return nil
            }
            return (name, shards)
        }
    }

    /// Shards of one number in a folder, or none: else pictures would be answered twice.
    private static func checkLayout(_ root: String, shards: Int) throws(GraftError) {
        let isWhole = FileSystem.exists(PathText.join(root, PartJournal.identityName))
        let other = shardFolders(in: root).first { $0.shards != shards }
        guard other != nil || isWhole && shards > 1 else { return }
        throw GraftError(
            .invalidData, "the folder holds answers of another number of shards", file: root, expected: "\(shards)",
            found: "\(other?.shards ?? 1)", remedy: "choose another folder with --output, or remove it")
    }
}
