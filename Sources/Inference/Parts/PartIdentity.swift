import Zoo

/// What the answers in a folder of parts are, and of what they were made: runs that agree in it write the same bytes.
package struct PartIdentity: Codable, Sendable, Equatable {
    /// `predict`, `embed`.
    package let command: String
    /// `jsonl`, `csv`: also the parts' ending.
    package let format: String
    /// SHA-256 of the model's weights and description.
    package let model: String
    /// SHA-256 of the names of all pictures and archives, of every shard; nil where they come in on standard input.
    package let names: String?
    /// What was asked for, by the options' names.
    package let settings: [String: String]
    /// The kernels: numbers of another set differ in their last digits.
    package let instructionSet: String
    /// Of Graft.
    package let version: String
    /// From 1 to `shards`.
    package let shard: Int
    package let shards: Int
    /// Pictures in a part.
    package let partSize: Int

    private enum CodingKeys: String, CodingKey {
        case command, format, settings, shard, shards
        case model = "model_sha256"
        case names = "names_sha256"
        case instructionSet = "instruction_set"
        case version = "graft"
        case partSize = "part_size"
    }

    package init(
        command: String, format: String, model: String, names: String?, settings: [String: String],
        instructionSet: String, shard: Int, shards: Int, partSize: Int
    ) {
        self.command = command
        self.format = format
        self.model = model
        self.names = names
        self.settings = settings
        self.instructionSet = instructionSet
        version = Version.current
        self.shard = shard
        self.shards = shards
        self.partSize = partSize
    }

    /// Whether a run may be so: what a file says of itself is not believed.
    var isPossible: Bool {
        (1...Self.shardLimit).contains(shards) && (1...shards).contains(shard) && partSize >= 1
            && ["jsonl", "csv"].contains(format)
    }

    /// More machines than there are.
    private static let shardLimit = 1_000_000

    /// Throws unless the folder's answers are of the same kind and origin.
    /// - Parameters:
    ///   - folder: where `found` stands.
    ///   - withShard: whether they have to be the same shard of them.
    /// - Throws: `GraftError` `.invalidData` with the first thing that differs.
    func check(_ found: PartIdentity, in folder: String, withShard: Bool = true, remedy: String) throws(GraftError) {
        func require(_ what: String, _ expected: String?, _ found: String?) throws(GraftError) {
            guard expected != found else { return }
            throw GraftError(
                .invalidData, "the folder holds answers \(what)", file: folder, expected: expected ?? "none",
                found: found ?? "none", remedy: remedy)
        }
        func short(_ hash: String?) -> String? { hash.map { String($0.prefix(12)) } }
        try require("of another command", command, found.command)
        try require("in another format", format, found.format)
        try require("of another model", short(model), short(found.model))
        try require("about other pictures", short(names ?? "standard input"), short(found.names ?? "standard input"))
        for name in Set(settings.keys).union(found.settings.keys).sorted() {
            try require("made with another \(name)", settings[name], found.settings[name])
        }
        try require("in parts of another size", "\(partSize)", "\(found.partSize)")
        try require("of another version of Graft", version, found.version)
        guard instructionSet == found.instructionSet else {
            throw GraftError(
                .invalidData, "the folder's answers were computed with other kernels", file: folder,
                expected: instructionSet, found: found.instructionSet,
                remedy: "set GRAFT_ISA to one that all processors have, or \(remedy)")
        }
        try require("of another number of shards", "\(shards)", "\(found.shards)")
        if withShard { try require("of another shard", "\(shard)", "\(found.shard)") }
    }
}

/// A finished part, as a line of the journal has it.
struct PartRecord: Codable, Equatable {
    /// The file's name.
    let part: String
    let pictures: Int
    /// Of those, the ones that could not be read.
    let unreadable: Int
    let bytes: Int
    let sha256: String
    /// SHA-256 of the pictures' names.
    let names: String

    /// Whether it may be the record of that part, and names a file of its folder.
    func isPossible(as place: Int) -> Bool {
        ["jsonl", "csv"].contains { part == "\(PartFolder.name(of: place)).\($0)" } && unreadable >= 0
            && unreadable <= pictures
            && pictures <= 1 << 40
    }

    private enum CodingKeys: String, CodingKey {
        case part, pictures, unreadable, bytes, sha256
        case names = "names_sha256"
    }
}

/// What all parts of a shard hold together: the last line of the journal.
package struct PartTotals: Codable, Sendable, Equatable {
    package internal(set) var parts = 0
    package internal(set) var pictures = 0
    /// Of those, the ones that could not be read.
    package internal(set) var unreadable = 0

    package init() {}

    /// Counts an answer that is not in a part yet.
    package mutating func count(_ answer: PartAnswer) {
        pictures += 1
        if answer.fault != nil { unreadable += 1 }
    }

    mutating func add(_ record: PartRecord) {
        parts += 1
        pictures += record.pictures
        unreadable += record.unreadable
    }
}
