import Zoo

/// The tensors of a PyTorch checkpoint in either layout, checked against the storages that the file really has.
struct CheckpointTensors: Sendable {

    let entries: [TensorEntry]
    /// What a person should know: where the tensors were found, what was left out.
    let notes: [String]
    private let views: [StridedView]
    private let keys: [String]
    private let file: MappedFile

    /// - Parameter length: the length in bytes of the storage of that key.
    /// - Throws: `GraftError.damaged` for a tensor that reaches beyond its storage, `.refused` for views that make far
    ///   more values than the file has bytes.
    init(
        _ pickle: PickleReader.Result, in file: MappedFile,
        length: (PickledStorage) throws(GraftError) -> Int
    ) throws(GraftError) {
        let found = try PickledTensors(in: pickle, file: file.path)
        var entries: [TensorEntry] = []
        var views: [StridedView] = []
        // Many tensors may view one storage, and one value be repeated: honest files stay far below this.
        var allowance = 2 * file.count + (16 << 20)
        for (name, tensor) in found.tensors {
            let storage = tensor.storage
            let entry = try TensorEntry(name: name, shape: tensor.shape, dtype: storage.type, file: file.path)
            let bytes = try length(storage)
            let (stated, overflow) = storage.count.multipliedReportingOverflow(by: storage.type.size)
            guard !overflow, stated == bytes else {
                throw GraftError(
                    .damaged, "a storage has another length than the checkpoint says", file: file.path, member: name,
                    expected: "\(storage.count) x \(storage.type.rawValue)", found: "\(bytes) bytes")
            }
            guard
                let view = StridedView(
                    shape: tensor.shape, strides: tensor.strides, offset: tensor.offset, available: storage.range)
            else {
                throw GraftError(
                    .damaged, "the tensor reaches beyond its storage", file: file.path, member: name,
                    expected: "at most \(storage.range.count) values",
                    found: "shape \(tensor.shape), strides \(tensor.strides) from \(tensor.offset)")
            }
            guard entry.count <= allowance else {
                throw GraftError(
                    .refused, "the tensors have far more values than the file has bytes", file: file.path, member: name,
                    found: "\(entry.count) values")
            }
            allowance -= entry.count
            entries.append(entry)
            views.append(view)
        }
        self.entries = entries
        self.views = views
        keys = found.tensors.map(\.tensor.storage.key)
        notes = found.notes
        self.file = file
    }

    /// The values of `entries[index]`.
    /// - Parameter lend: gives all bytes of the storage of that key.
    func values(
        at index: Int,
        lend: (String, (UnsafeRawBufferPointer) throws(GraftError) -> Void) throws(GraftError) -> Void
    ) throws(GraftError) -> [Float] {
        let entry = entries[index]
        return try entry.values(file: file.path) { target throws(GraftError) in
            try lend(keys[index]) { bytes throws(GraftError) in
                guard views[index].copy(width: entry.dtype.size, from: bytes, to: target) else {
                    throw GraftError(
                        .damaged, "the tensor reaches beyond its storage", file: file.path, member: entry.name)
                }
            }
        }
    }
}
