public import Zoo

/// A file of named tensors, in any format that Graft reads. What it is, its content says, not its name.
///
/// Opening reads what the file states about its tensors; `load` reads their values.
public struct WeightFile: Sendable {
    /// The formats.
    public enum Format: String, Sendable, Hashable, CaseIterable {
        /// NumPy's archive of arrays; with `graft.json` inside, a Graft model.
        case npz
        /// A PyTorch checkpoint since 1.6.
        case torchZip
        /// A PyTorch checkpoint before 1.6.
        case torchLegacy
        /// Hugging Face's format.
        case safetensors
    }

    /// The file as the user named it.
    public let path: String
    /// What the file is.
    public let format: Format
    private let reader: any WeightReader

    /// - Throws: `GraftError`: the file cannot be read, is none of the formats, or is damaged.
    public init(path: String) throws(GraftError) {
        let file = try MappedFile(path: path)
        self.path = path
        format = try Self.format(of: file)
        reader =
            switch format {
            case .npz: try NPZReader(file)
            case .torchZip: try TorchZipReader(file)
            case .torchLegacy: try TorchLegacyReader(file)
            case .safetensors: try SafetensorsReader(file)
            }
    }

    private init(path: String, format: Format, reader: any WeightReader) {
        self.path = path
        self.format = format
        self.reader = reader
    }

    /// Every tensor of the set, in the file's order.
    public var entries: [TensorEntry] { reader.entries }

    /// What the file says about its model; nil for a file that Graft did not write.
    public var metadata: ModelMetadata? { reader.metadata }

    /// The class names that the file states, in its `graft.json` or as safetensors' text `classes`; nil for none.
    /// - Throws: `GraftError.damaged` for a text that is no list of names.
    public func classes() throws(GraftError) -> [String]? { try reader.classes() }

    /// Every set of weights in the file: one, but in a checkpoint that keeps an average beside a model's own weights, or
    /// several networks.
    public var sets: [WeightSet] { reader.sets }

    /// The set that `entries` are of; nil where none of several stands out, and all are taken, each name behind its set's.
    public var set: WeightSet? { reader.set }

    /// The same file with another of its sets.
    /// - Throws: `GraftError.unknownName` for a name that is not among `sets`; `GraftError` for one that is damaged.
    public func choosing(_ set: String) throws(GraftError) -> WeightFile {
        WeightFile(path: path, format: format, reader: try reader.choosing(set))
    }

    /// The same file, with tensors that it holds in parts joined.
    package func joining(_ joins: [TensorJoin]) -> WeightFile {
        JoinedReader(reader, joins).map { WeightFile(path: path, format: format, reader: $0) } ?? self
    }

    /// Objects beside the tensors that Python would build by calling something. They are never built.
    package var opaque: [OpaqueValue] { reader.opaque }

    /// Tensors among `entries`' that are of a kind that is not read. They are an error where they are asked for.
    package var refused: [RefusedTensor] { reader.refused }

    /// What a person should know of the reading: where in a checkpoint the tensors were found, what was left out.
    public var notes: [String] { reader.notes }

    /// Reads the tensors on all cores.
    /// - Parameter rename: the name that a tensor shall have, nil for one that shall not be read.
    /// - Throws: `GraftError` naming the tensor: damaged bytes, a wrong hash, a value that is not finite or that float32
    ///   cannot hold, two tensors renamed to one.
    public func load(rename: (String) -> String? = { $0 }) throws(GraftError) -> StateDict {
        let entries = entries
        if let other = refused.first(where: { rename($0.name) != nil }) {
            throw GraftError(
                .unsupported, "\(other.kind), which is not read", file: path, member: other.name,
                remedy: "save it as plain numbers: tensor.dequantize(), .to_dense() or .float()")
        }
        let wanted = entries.enumerated().compactMap { index, entry in
            rename(entry.name).map { (index: index, name: $0) }
        }
        var owners: [String: String] = [:]
        for (index, name) in wanted {
            let entry = entries[index]
            if let other = owners.updateValue(entry.name, forKey: name) {
                throw GraftError(
                    .weights, "'\(other)' and '\(entry.name)' would both be named '\(name)'", file: path)
            }
        }
        // The largest first, so that no thread is left alone with one at the end.
        let order = wanted.indices.sorted {
            (entries[wanted[$0].index].byteCount, $1) > (entries[wanted[$1].index].byteCount, $0)
        }
        let tensors = try Parallel.map(wanted.count, order: order) { position throws(GraftError) in
            let entry = entries[wanted[position].index]
            let values = try reader.values(at: wanted[position].index)
            do throws(GraftError) {
                return try Tensor(shape: entry.shape, elements: values)
            } catch {
                throw GraftError(.damaged, error.message, file: path, member: entry.name)
            }
        }
        var state = StateDict()
        for (request, tensor) in zip(wanted, tensors) { state[request.name] = tensor }
        return state
    }

    /// The format, by the first bytes and, in a zip archive, the members' names.
    private static func format(of file: MappedFile) throws(GraftError) -> Format {
        let head = try file.bytes(0..<min(file.count, 16))
        if ZipArchive.isZip(file) {
            let archive = try ZipArchive(file)
            if archive[ModelMetadata.memberName] != nil
                || archive.entries.contains(where: { $0.name.hasSuffix(".npy") })
            {
                return .npz
            }
            if archive.entries.contains(where: { $0.name.hasSuffix("/data.pkl") || $0.name == "data.pkl" }) {
                return .torchZip
            }
            throw unknown(file, found: "a zip archive without .npy members or a data.pkl")
        }
        // A pickle of protocol 2: PROTO 2, then LONG1 with torch's magic number of 10 bytes.
        if head.starts(with: [0x80, 0x02, 0x8a, 0x0a]) { return .torchLegacy }
        if head.count > 8, head[8] == UInt8(ascii: "{"),
            let length = try? file.integer(at: 0, as: UInt64.self), length <= UInt64(file.count - 8)
        {
            return .safetensors
        }
        throw unknown(file, found: Self.describe(head))
    }

    private static func unknown(_ file: MappedFile, found: String) -> GraftError {
        GraftError(
            .unsupported, "not a file of weights", file: file.path,
            expected: "an .npz, a PyTorch checkpoint (.pth, .pt) or a .safetensors file", found: found)
    }

    private static func describe(_ head: [UInt8]) -> String {
        guard !head.isEmpty else { return "an empty file" }
        let known: [([UInt8], String)] = [
            ([0x89, 0x48, 0x44, 0x46], "an HDF5 file (Keras)"),
            ([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59], "a single .npy array"),
            ([0x80], "a Python pickle that is not a PyTorch checkpoint"), ([0x1f, 0x8b], "a gzip file"),
            ([0xff, 0xd8, 0xff], "a JPEG picture"), ([0x89, 0x50, 0x4e, 0x47], "a PNG picture"),
            (Array("<!".utf8), "a web page"), (Array("<html".utf8), "a web page"),
            (Array("version https://".utf8), "a Git LFS pointer, not the file itself"),
        ]
        if let match = known.first(where: { head.starts(with: $0.0) }) { return match.1 }
        // A protocol buffer whose first field is a small version and whose second is the producer's name.
        if head.starts(with: [0x08]), head.count > 4, head[1] < 0x20, head[2] == 0x12 {
            return "an ONNX model, which runs elsewhere and is not read back"
        }
        if head.allSatisfy({ (32...126).contains($0) || $0 == 10 || $0 == 13 || $0 == 9 }) { return "a text file" }
        return "something else"
    }
}
