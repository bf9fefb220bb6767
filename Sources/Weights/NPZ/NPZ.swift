public import Zoo

/// Writes Graft's weight files: `.npz` archives that `numpy.load` reads.
public enum NPZ {
    /// Writes tensors and, with `metadata`, the description that makes the file a Graft model. Equal input gives equal
    /// bytes, with the same version of zlib. The file appears whole or not at all.
    /// - Parameters:
    ///   - metadata: its hashes are filled in. nil for a plain archive of arrays.
    ///   - level: 0 stores the values as they are, 1 (fast) to 9 (small) deflate them.
    /// - Returns: the metadata as written, with its hashes.
    /// - Throws: `WeightsError`: a value that is not finite, a name that is no file name, a file that cannot be written.
    @discardableResult
    public static func write(
        _ weights: StateDict, metadata: ModelMetadata? = nil, to path: String, level: Int = 6
    ) throws(WeightsError) -> ModelMetadata? {
        let names = weights.names
        var seen: Set<String> = [ModelMetadata.memberName]
        for name in names {
            guard !name.isEmpty, !name.utf8.contains(0), seen.insert(name + ".npy").inserted else {
                throw WeightsError(
                    .unwritable, "cannot name an archive's member so", file: path, found: "'\(name)'")
            }
        }
        let sizes = names.map { weights[$0]?.elements.count ?? 0 }
        let order = names.indices.sorted { (sizes[$0], $1) > (sizes[$1], $0) }
        let members = try Parallel.map(names.count, order: order) { index throws(WeightsError) in
            try Member(names[index], weights[names[index]], level: level, file: path)
        }
        let hashes = Dictionary(uniqueKeysWithValues: zip(names, members.map(\.sha256)))
        var description = metadata
        description?.tensors = hashes
        description?.weightsSHA256 = weights.sha256(of: hashes)

        let file = try AtomicFile(path: path)
        var writer = ZipWriter(file)
        if let description {
            let json = try description.json(file: path)
            try json.withUnsafeBufferPointer { bytes throws(WeightsError) in
                try writer.add(
                    ZipMember(ModelMetadata.memberName, [UnsafeRawBufferPointer(bytes)], level: max(level, 1)))
            }
        }
        for member in members { try member.write(to: &writer) }
        try writer.finish()
        try file.commit()
        return description
    }

    /// A tensor on its way into the archive.
    private struct Member: Sendable {
        let sha256: String
        private let name: String
        private let header: [UInt8]
        private let values: [Float]
        /// nil where the values are stored as they are.
        private let packed: ZipMember?

        init(_ name: String, _ tensor: Tensor?, level: Int, file: String) throws(WeightsError) {
            let values = tensor?.elements ?? []
            if let index = values.firstIndex(where: { !$0.isFinite }) {
                throw WeightsError(
                    .value, "the tensor has a value that is not finite", file: file, member: name,
                    found: "\(values[index]) at index \(index)", remedy: "nothing was written")
            }
            self.name = name + ".npy"
            self.values = values
            let header = NpyHeader.bytes(shape: tensor?.shape ?? [0])
            self.header = header
            sha256 = Hash.sha256(values)
            packed =
                level == 0
                ? nil
                : header.withUnsafeBytes { header in
                    values.withUnsafeBytes { ZipMember(name + ".npy", [header, $0], level: level) }
                }
        }

        func write(to writer: inout ZipWriter) throws(WeightsError) {
            if let packed {
                try writer.add(packed)
                return
            }
            try header.withUnsafeBufferPointer { header throws(WeightsError) in
                try values.withUnsafeBufferPointer { values throws(WeightsError) in
                    try writer.addStored(
                        name, [UnsafeRawBufferPointer(header), UnsafeRawBufferPointer(values)], alignment: 64)
                }
            }
        }
    }
}
