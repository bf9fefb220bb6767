package import Zoo

/// Writes PyTorch checkpoints in the layout since 1.6.
package enum TorchCheckpoint {
    /// Writes a state dict of float32 tensors that `torch.load(FILE, weights_only=True)` opens. Equal input gives equal
    /// bytes. The file appears whole or not at all.
    /// - Parameter metadata: the description that makes the file a Graft model; PyTorch passes over it.
    /// - Throws: `GraftError`: a value that is not finite, a file that cannot be written.
    package static func write(
        _ weights: StateDict, metadata: ModelMetadata? = nil, to path: String
    ) throws(GraftError) {
        let tensors = weights.names.compactMap { name in weights[name].map { (name: name, tensor: $0) } }
        for (name, tensor) in tensors { try tensor.checkWritable(name, to: path) }
        let file = try AtomicFile(path: path)
        var archive = ZipWriter(file)
        func add(_ name: String, _ content: [UInt8]) throws(GraftError) {
            try content.withUnsafeBufferPointer { bytes throws(GraftError) in
                try archive.addStored(prefix + name, [UnsafeRawBufferPointer(bytes)], alignment: alignment)
            }
        }
        try add("data.pkl", PickleWriter(tensors.map { ($0.name, $0.tensor.shape) }).bytes)
        try add("byteorder", Array("little".utf8))
        for (key, item) in tensors.enumerated() {
            try item.tensor.elements.withUnsafeBufferPointer { values throws(GraftError) in
                try archive.addStored(
                    "\(prefix)data/\(key)", [UnsafeRawBufferPointer(values)], alignment: alignment)
            }
        }
        try add("version", Array("3\n".utf8))
        if let metadata {
            try add(TorchZipReader.metadataMember, try metadata.withoutHashes.json(file: path))
        }
        try archive.finish()
        try file.commit()
    }

    /// The folder in the archive, which PyTorch names after nothing in particular.
    private static let prefix = "archive/"
    /// PyTorch maps storages into memory.
    private static let alignment = 64
}
