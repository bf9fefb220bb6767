package import Zoo

/// Writes Graft's weight files: `.npz` archives that `numpy.load` reads.
package enum NPZ {
    /// Writes tensors and, with `metadata`, the description that makes the file a Graft model. Equal input gives equal
    /// bytes, with the same version of zlib. The file appears whole or not at all.
    /// - Parameters:
    ///   - metadata: its hashes are filled in. nil for a plain archive of arrays.
    ///   - storage: how the values are kept. Hashes are those of the values that a reader gets.
    ///   - level: 0 stores the values as they are, 1 (fast) to 9 (small) deflate them.
    ///   - isDurable: whether to wait for the disk.
    /// - Returns: the metadata as written, with its hashes.
    /// - Throws: `GraftError`: a value that is not finite, a name that is no file name, a file that cannot be written.
    @discardableResult
    package static func write(
        _ weights: StateDict, metadata: ModelMetadata? = nil, storage: Storage = .float32, to path: String,
        level: Int = 6, isDurable: Bool = true
    ) throws(GraftError) -> ModelMetadata? {
        let weights = try weights.rounded(to: storage, file: path)
        let names = weights.names
        var seen: Set<String> = [ModelMetadata.memberName]
        for name in names {
            guard !name.isEmpty, !name.utf8.contains(0), seen.insert(name + ".npy").inserted else {
                throw GraftError(
                    .unwritable, "cannot name an archive's member so", file: path, found: "'\(name)'")
            }
        }
        let sizes = names.map { weights[$0]?.elements.count ?? 0 }
        let order = names.indices.sorted { (sizes[$0], $1) > (sizes[$1], $0) }
        let members = try Parallel.map(names.count, order: order) { index throws(GraftError) in
            try Member(
                names[index], weights[names[index]], storage: storage, isInt8: metadata?.quantization != nil,
                level: level,
                file: path)
        }
        let hashes = Dictionary(uniqueKeysWithValues: zip(names, members.map(\.sha256)))
        var description = metadata
        description?.tensors = hashes
        description?.weightsSHA256 = weights.sha256(of: hashes)

        let file = try AtomicFile(path: path, isDurable: isDurable)
        var writer = ZipWriter(file)
        if let description {
            let json = try description.json(file: path)
            try json.withUnsafeBufferPointer { bytes throws(GraftError) in
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
        /// The same values where they are kept in 16 bits, else empty.
        private let halves: [UInt16]
        /// nil where the values are stored as they are.
        private let packed: ZipMember?
        /// Of values in 8 bits: the values, and a member with their steps.
        private let bytes: ByteStorage?
        private let stepsHeader: [UInt8]

        init(
            _ name: String, _ tensor: Tensor?, storage: Storage, isInt8: Bool, level: Int, file: String
        ) throws(GraftError) {
            let values = tensor?.elements ?? []
            if let index = values.firstIndex(where: { !$0.isFinite }) {
                throw GraftError(
                    .value, "the tensor has a value that is not finite", file: file, member: name,
                    found: "\(values[index]) at index \(index)", remedy: "nothing was written")
            }
            self.name = name + ".npy"
            self.values = values
            let halves = tensor.flatMap { storage.isHalf($0) ? $0.halves : nil } ?? []
            self.halves = halves
            let bytes = isInt8 && halves.isEmpty ? tensor.flatMap { ByteStorage($0) } : nil
            self.bytes = bytes
            stepsHeader = NpyHeader.bytes(shape: [bytes?.steps.count ?? 0], dtype: "<f4")
            let header = NpyHeader.bytes(
                shape: tensor?.shape ?? [0], dtype: bytes != nil ? "|i1" : halves.isEmpty ? "<f4" : "<f2")
            self.header = header
            sha256 = Hash.sha256(values)
            packed =
                level == 0
                ? nil
                : header.withUnsafeBytes { header in
                    Self.withBytes(values, halves, bytes) { ZipMember(name + ".npy", [header, $0], level: level) }
                }
        }

        func write(to writer: inout ZipWriter) throws(GraftError) {
            if let bytes {
                let name = String(name.dropLast(4)) + ByteStorage.suffix + ".npy"
                let member = stepsHeader.withUnsafeBytes { header in
                    bytes.steps.withUnsafeBytes { ZipMember(name, [header, $0], level: 1) }
                }
                try writer.add(member)
            }
            if let packed {
                try writer.add(packed)
                return
            }
            try header.withUnsafeBufferPointer { header throws(GraftError) in
                try Self.withBytes(values, halves, bytes) { values throws(GraftError) in
                    try writer.addStored(name, [UnsafeRawBufferPointer(header), values], alignment: 64)
                }
            }
        }

        private static func withBytes<R, Failure: Error>(
            _ values: [Float], _ halves: [UInt16], _ eights: ByteStorage?,
            _ body: (UnsafeRawBufferPointer) throws(Failure) -> R
        ) throws(Failure) -> R {
            if let eights {
                return try eights.values.withUnsafeBufferPointer { bytes throws(Failure) in
                    try body(UnsafeRawBufferPointer(bytes))
                }
            }
            guard halves.isEmpty else {
                return try halves.withUnsafeBufferPointer { bytes throws(Failure) in
                    try body(UnsafeRawBufferPointer(bytes))
                }
            }
            return try values.withUnsafeBufferPointer { bytes throws(Failure) in
                try body(UnsafeRawBufferPointer(bytes))
            }
        }
    }
}
