import Zoo

/// NumPy's `.npz`: a zip archive of `.npy` members, and `graft.json` where Graft wrote it.
struct NPZReader: WeightReader {
    let entries: [TensorEntry]
    let metadata: ModelMetadata?
    private let archive: ZipArchive
    private let members: [Member]

    /// Of weights in 8 bits, the steps of their output channels, by the tensor's name.
    private let steps: [String: ZipEntry]

    private struct Member {
        let zip: ZipEntry
        let isFortran: Bool
    }

    init(_ file: MappedFile) throws(GraftError) {
        archive = try ZipArchive(file, mode: .strict)
        var entries: [TensorEntry] = []
        var members: [Member] = []
        entries.reserveCapacity(archive.entries.count)
        members.reserveCapacity(archive.entries.count)
        for zip in archive.entries where zip.name != ModelMetadata.memberName {
            guard zip.name.hasSuffix(".npy") else {
                throw GraftError(
                    .unsupported, "a member that is no array", file: file.path, member: zip.name,
                    expected: "only .npy members and \(ModelMetadata.memberName)")
            }
            let reader = try ZipMemberReader(zip, of: archive)
            let header = try NpyHeader(from: reader, file: file.path, member: zip.name)
            let entry = try TensorEntry(
                name: String(zip.name.dropLast(4)), shape: header.shape, dtype: header.dtype, file: file.path)
            guard entry.byteCount == reader.remaining else {
                throw GraftError(
                    .damaged, "the array's shape does not fit its length", file: file.path, member: zip.name,
                    expected: "\(entry.byteCount) bytes for \(Tensor.describe(entry.shape))",
                    found: "\(reader.remaining)")
            }
            entries.append(entry)
            members.append(Member(zip: zip, isFortran: header.isFortran))
        }
        var steps: [String: ZipEntry] = [:]
        if archive[ModelMetadata.memberName] != nil {
            // What a model's 8-bit weights are multiplied by lies beside them and is no tensor of its own.
            let whole = Dictionary(
                entries.filter { $0.dtype == .int8 }.map { ($0.name, $0.shape) },
                uniquingKeysWith: { first, _ in first })
            for index in entries.indices.reversed() where entries[index].name.hasSuffix(ByteStorage.suffix) {
                let name = String(entries[index].name.dropLast(ByteStorage.suffix.count))
                guard let shape = whole[name], entries[index].shape == [shape.first ?? 0],
                    entries[index].dtype == .float32
                else { continue }
                steps[name] = members[index].zip
                entries.remove(at: index)
                members.remove(at: index)
            }
        }
        self.steps = steps
        self.entries = entries
        self.members = members
        if let zip = archive[ModelMetadata.memberName] {
            let json = try archive.read(zip, limit: ModelMetadata.sizeLimit)
            let metadata = try ModelMetadata(json: json, file: file.path)
            try metadata.check(entries, file: file.path)
            self.metadata = metadata
        } else {
            metadata = nil
        }
    }

    func values(at index: Int) throws(GraftError) -> [Float] {
        let entry = entries[index]
        let member = members[index]
        let path = archive.file.path
        let reader = try ZipMemberReader(member.zip, of: archive)
        let header = try NpyHeader(from: reader, file: path, member: member.zip.name)
        var values = try entry.values(file: path, isBigEndian: header.isBigEndian) { bytes throws(GraftError) in
            try reader.read(into: bytes)
            try reader.finish()
        }
        if member.isFortran { values = Self.rowMajor(values, shape: entry.shape) }
        if let zip = steps[entry.name] {
            let reader = try ZipMemberReader(zip, of: archive)
            let header = try NpyHeader(from: reader, file: path, member: zip.name)
            let channels = try TensorEntry(
                name: entry.name + ByteStorage.suffix, shape: header.shape, dtype: header.dtype, file: path)
            let steps = try channels.values(file: path, isBigEndian: header.isBigEndian) { bytes throws(GraftError) in
                try reader.read(into: bytes)
                try reader.finish()
            }
            let size = steps.isEmpty ? 0 : values.count / steps.count
            for channel in steps.indices {
                for index in channel * size..<(channel + 1) * size { values[index] *= steps[channel] }
            }
            guard values.allSatisfy(\.isFinite) else {
                throw GraftError(.value, "the tensor has a value that is not finite", file: path, member: entry.name)
            }
        }
        if let expected = metadata?.tensors[entry.name] {
            let found = Hash.sha256(values)
            guard found == expected else {
                throw GraftError(
                    .hash, "the tensor's SHA-256 is not the one that \(ModelMetadata.memberName) states", file: path,
                    member: entry.name, expected: expected, found: found, remedy: "get the file again")
            }
        }
        return values
    }

    /// The same array with its last extent varying fastest, of one whose first does.
    private static func rowMajor(_ values: [Float], shape: [Int]) -> [Float] {
        var strides: [Int] = []
        var stride = 1
        for extent in shape {
            strides.append(stride)
            stride *= extent
        }
        var position = [Int](repeating: 0, count: shape.count)
        var source = 0
        return values.indices.map { _ in
            defer {
                // Counts up like an odometer, the last place first.
                var place = shape.count - 1
                while place >= 0 {
                    position[place] += 1
                    source += strides[place]
                    if position[place] < shape[place] { break }
                    source -= strides[place] * shape[place]
                    position[place] = 0
                    place -= 1
                }
            }
            return values[source]
        }
    }
}
