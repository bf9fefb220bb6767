import Zoo

/// A PyTorch checkpoint before 1.6 (`_use_new_zipfile_serialization=False` since): five pickles one after the other - a
/// magic number, the protocol's version, facts about the machine, the object, the list of its storages - then every
/// storage as the number of its values in 8 bytes and the values. All numbers are little-endian, whatever the machine was.
struct TorchLegacyReader: WeightReader {
    private let file: MappedFile
    private let tensors: CheckpointTensors
    /// Where each storage's values are in the file.
    private let storages: [String: Range<Int>]

    var entries: [TensorEntry] { tensors.entries }
    var notes: [String] { tensors.notes }
    var sets: [WeightSet] { tensors.sets }
    var set: WeightSet? { tensors.set }
    var opaque: [OpaqueValue] { tensors.pickle.opaque }
    var refused: [RefusedTensor] { tensors.refused }

    /// 0x1950a86a20f9469cfc6c
    private static let magic: [UInt8] = [0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19]
    private static let version = 1001

    init(_ file: MappedFile) throws(GraftError) {
        var position = 0
        func next(_ what: String) throws(GraftError) -> PickleReader.Result {
            let result = try file.withBytes(position..<file.count) { bytes throws(GraftError) in
                try PickleReader.read(bytes, file: file.path, member: what)
            }
            position += result.length
            return result
        }
        guard try next("magic number").root == .long(Self.magic) else {
            throw GraftError(
                .damaged, "not a PyTorch checkpoint", file: file.path, expected: "PyTorch's magic number")
        }
        let version = try next("protocol version").root
        guard version == .integer(Self.version) else {
            throw GraftError(
                .unsupported, "a version of PyTorch's format that is not known", file: file.path,
                expected: "\(Self.version)", found: version.kind)
        }
        try Self.checkMachine(try next("machine"), file: file.path)
        let object = try next("object")
        let keys = try Self.keys(try next("list of storages"), file: file.path)
        storages = try Self.locate(keys, of: object.heap.storages, from: position, in: file)
        tensors = try Self.tensors(
            try PickledSets(object, file: file.path), set: nil, storages: storages, in: file)
        self.file = file
    }

    private init(_ other: TorchLegacyReader, set: String) throws(GraftError) {
        file = other.file
        storages = other.storages
        tensors = try Self.tensors(other.tensors.pickle, set: set, storages: storages, in: file)
    }

    func choosing(_ set: String) throws(GraftError) -> TorchLegacyReader { try TorchLegacyReader(self, set: set) }

    private static func tensors(
        _ pickle: PickledSets, set: String?, storages: [String: Range<Int>], in file: MappedFile
    ) throws(GraftError) -> CheckpointTensors {
        try CheckpointTensors(pickle, set: set, in: file) { storage throws(GraftError) in
            guard let bytes = storages[storage.key] else {
                throw GraftError(
                    .damaged, "a storage is missing from the checkpoint", file: file.path, member: storage.key)
            }
            return bytes.count
        }
    }

    func values(at index: Int) throws(GraftError) -> [Float] {
        try tensors.values(at: index) { key, use throws(GraftError) in
            try file.withBytes(storages[key] ?? 0..<0, use)
        }
    }

    /// What the machine was does not matter; that it is described tells a checkpoint from five other pickles.
    private static func checkMachine(_ machine: PickleReader.Result, file: String) throws(GraftError) {
        guard case .map(let index) = machine.root,
            machine.heap.maps[index].contains(where: { $0.key == .text("little_endian") })
        else { throw GraftError(.damaged, "the checkpoint does not state its machine", file: file) }
    }

    private static func keys(_ list: PickleReader.Result, file: String) throws(GraftError) -> [String] {
        guard case .list(let index) = list.root else {
            throw GraftError(.damaged, "the checkpoint does not list its storages", file: file)
        }
        var keys: [String] = []
        for value in list.heap.lists[index] {
            guard case .text(let key) = value else {
                throw GraftError(.damaged, "the checkpoint does not list its storages", file: file)
            }
            keys.append(key)
        }
        return keys
    }

    /// Walks over the storages, which must fill the rest of the file.
    private static func locate(
        _ keys: [String], of storages: [PickledStorage], from start: Int, in file: MappedFile
    ) throws(GraftError) -> [String: Range<Int>] {
        let known = Dictionary(storages.map { ($0.key, $0) }, uniquingKeysWith: { first, _ in first })
        var ranges: [String: Range<Int>] = [:]
        var position = start
        for key in keys {
            guard let storage = known[key] else {
                throw GraftError(.damaged, "a storage that no tensor uses", file: file.path, member: key)
            }
            let count = try file.integer(at: position, as: Int64.self)
            guard Int(exactly: count) == storage.count else {
                throw GraftError(
                    .damaged, "a storage has another length than the checkpoint says", file: file.path, member: key,
                    expected: "\(storage.count) values", found: "\(count)")
            }
            position += 8
            guard let length = storage.byteCount, length <= file.count - position else {
                throw GraftError(
                    .damaged, "the file ends too early", file: file.path, member: key,
                    expected: storage.byteCount.map { "\($0) bytes" } ?? storage.description,
                    found: "\(file.count - position)", remedy: "get the file again")
            }
            guard ranges.updateValue(position..<position + length, forKey: key) == nil else {
                throw GraftError(.damaged, "a storage is listed twice", file: file.path, member: key)
            }
            position += length
        }
        guard position == file.count else {
            throw GraftError(
                .damaged, "bytes after the checkpoint's end", file: file.path, expected: "\(position) bytes",
                found: "\(file.count)")
        }
        return ranges
    }
}
