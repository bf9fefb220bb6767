import CZlib
import Synchronization
import Zoo

/// A PyTorch checkpoint since 1.6: a zip archive of `NAME/data.pkl`, which describes the tensors, and their storages
/// `NAME/data/0`, `NAME/data/1`, … stored as they are. A TorchScript program is one too, whose tensors are the attributes
/// of its modules; its code is not looked at.
struct TorchZipReader: WeightReader {
    let metadata: ModelMetadata?
    private let archive: ZipArchive
    private let prefix: String
    private let isBigEndian: Bool
    private let tensors: CheckpointTensors
    private let checked: Checked

    /// The storages whose CRC was found right: several tensors may share one.
    private final class Checked: Sendable {
        let keys = Mutex<Set<String>>([])
    }

    /// Beside the tensors, where PyTorch keeps files that it does not read itself.
    static let metadataMember = "extra/\(ModelMetadata.memberName)"

    var entries: [TensorEntry] { tensors.entries }
    var notes: [String] { tensors.notes }
    var sets: [WeightSet] { tensors.sets }
    var set: WeightSet? { tensors.set }
    var opaque: [OpaqueValue] { tensors.pickle.opaque }
    var refused: [RefusedTensor] { tensors.refused }

    init(_ file: MappedFile) throws(GraftError) {
        let archive = try ZipArchive(file)
        let pickles = archive.entries.filter { $0.name == "data.pkl" || $0.name.hasSuffix("/data.pkl") }
        guard pickles.count == 1, let pickle = pickles.first else {
            throw GraftError(
                .damaged, "not a PyTorch checkpoint", file: file.path, expected: "one data.pkl in the archive",
                found: "\(pickles.count)")
        }
        let prefix = String(pickle.name.dropLast("data.pkl".count))
        isBigEndian = try Self.isBigEndian(archive, member: prefix + "byteorder")
        let bytes = try archive.read(pickle, limit: PickleReader.Limits().bytes)
        let result = try bytes.withUnsafeBufferPointer { bytes throws(GraftError) in
            let result = try PickleReader.read(UnsafeRawBufferPointer(bytes), file: file.path, member: pickle.name)
            guard result.length == bytes.count else {
                throw GraftError(
                    .damaged, "bytes after the pickle's end", file: file.path, member: pickle.name,
                    expected: "\(result.length) bytes", found: "\(bytes.count)")
            }
            return result
        }
        let isScript = archive[prefix + "constants.pkl"] != nil
        tensors = try Self.tensors(
            try PickledSets(result, isScript: isScript, file: file.path), set: nil, in: archive, prefix: prefix)
        if let member = archive[prefix + Self.metadataMember] {
            let json = try archive.read(member, limit: ModelMetadata.sizeLimit)
            metadata = try ModelMetadata(json: json, file: file.path)
        } else {
            metadata = nil
        }
        self.archive = archive
        self.prefix = prefix
        checked = Checked()
    }

    private init(_ other: TorchZipReader, set: String) throws(GraftError) {
        metadata = other.metadata
        archive = other.archive
        prefix = other.prefix
        isBigEndian = other.isBigEndian
        checked = other.checked
        tensors = try Self.tensors(other.tensors.pickle, set: set, in: archive, prefix: prefix)
    }

    func choosing(_ set: String) throws(GraftError) -> TorchZipReader { try TorchZipReader(self, set: set) }

    private static func tensors(
        _ pickle: PickledSets, set: String?, in archive: ZipArchive, prefix: String
    ) throws(GraftError) -> CheckpointTensors {
        try CheckpointTensors(pickle, set: set, in: archive.file) { storage throws(GraftError) in
            try entry(of: storage.key, in: archive, prefix: prefix).size
        }
    }

    func values(at index: Int) throws(GraftError) -> [Float] {
        try tensors.values(at: index, isBigEndian: isBigEndian) { key, use throws(GraftError) in
            let entry = try Self.entry(of: key, in: archive, prefix: prefix)
            try archive.file.withBytes(entry.dataOffset..<entry.dataOffset + entry.size) { bytes throws(GraftError) in
                try check(key, entry, bytes)
                try use(bytes)
            }
        }
    }

    private static func entry(
        of key: String, in archive: ZipArchive, prefix: String
    ) throws(GraftError) -> ZipEntry {
        guard let entry = archive[prefix + "data/" + key] else {
            throw GraftError(
                .damaged, "a storage is missing from the checkpoint", file: archive.file.path,
                member: prefix + "data/" + key)
        }
        guard entry.method == .stored else {
            throw GraftError(
                .unsupported, "a compressed storage, which PyTorch does not write", file: archive.file.path,
                member: entry.name, expected: "a stored member")
        }
        return entry
    }

    private func check(_ key: String, _ entry: ZipEntry, _ bytes: UnsafeRawBufferPointer) throws(GraftError) {
        guard !checked.keys.withLock({ $0.contains(key) }) else { return }
        let sum = crc32_z(0, bytes.assumingMemoryBound(to: UInt8.self).baseAddress, bytes.count)
        guard bytes.isEmpty || UInt32(truncatingIfNeeded: sum) == entry.crc32 else {
            throw GraftError(
                .damaged, "the member's bytes do not have the CRC that the archive states", file: archive.file.path,
                member: entry.name, remedy: "get the file again")
        }
        checked.keys.withLock { _ = $0.insert(key) }
    }

    /// PyTorch 2.1 and later state the order of bytes; machines before that were little-endian.
    private static func isBigEndian(_ archive: ZipArchive, member: String) throws(GraftError) -> Bool {
        guard let entry = archive[member] else { return false }
        let order = String(decoding: try archive.read(entry, limit: 16), as: UTF8.self)
        guard order == "little" || order == "big" else {
            throw GraftError(
                .unsupported, "the checkpoint's numbers are in another order of bytes", file: archive.file.path,
                member: member, expected: "little or big", found: "'\(order)'")
        }
        return order == "big"
    }
}
