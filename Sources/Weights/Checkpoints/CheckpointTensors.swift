import Zoo

/// The tensors of a PyTorch checkpoint in either layout: one of its sets, or several under their paths, checked against the
/// storages that the file really has.
struct CheckpointTensors: Sendable {
    let entries: [TensorEntry]
    /// Those that are not read.
    let refused: [RefusedTensor]
    /// Every set of the file.
    let sets: [WeightSet]
    /// The one that `entries` are of; nil for several together.
    let set: WeightSet?
    /// What a person should know: where the tensors were found, what was left out.
    let notes: [String]
    let pickle: PickledSets
    private let views: [StridedView]
    private let keys: [String]
    private let file: MappedFile

    /// - Parameters:
    ///   - name: the set to take, nil for the one that is meant where nobody says.
    ///   - length: the length in bytes of the storage of that key.
    /// - Throws: `GraftError.damaged` for a tensor that reaches beyond its storage, `.refused` for views that make far
    ///   more values than the file has bytes, `.unknownName` for a set that is not there.
    init(
        _ pickle: PickledSets, set name: String? = nil, in file: MappedFile,
        length: (PickledStorage) throws(GraftError) -> Int
    ) throws(GraftError) {
        self.pickle = pickle
        self.file = file
        let places = pickle.places
        sets = places.map { WeightSet(name: $0.name, tensors: $0.tensors, values: $0.values) }
        let choice: WeightSetChoice
        if let name {
            guard let index = places.firstIndex(where: { $0.name == name }) else {
                var error = GraftError.unknown("set of weights", name, among: places.map(\.name))
                error.context.file = file.path
                throw error
            }
            choice = WeightSetChoice(only: index, depth: places[index].path.count)
        } else {
            choice = WeightSetChoice(places.map(\.path), tensors: places.map(\.tensors))
        }
        var content = PickledSets.Content()
        for index in choice.chosen {
            let own = try pickle.content(of: places[index])
            let prefix = places[index].path.dropFirst(choice.depth).map { $0 + "." }.joined()
            content.tensors += prefix.isEmpty ? own.tensors : own.tensors.map { (prefix + $0.name, $0.value) }
            content.others += prefix.isEmpty ? own.others : own.others.map { prefix + $0 }
        }
        set = choice.chosen.count == 1 ? sets[choice.chosen[0]] : nil
        notes = Self.notes(choice, sets, others: content.others, place: set?.name)

        var entries: [TensorEntry] = []
        var refused: [RefusedTensor] = []
        var views: [StridedView] = []
        var keys: [String] = []
        // Many tensors may view one storage, and one value be repeated: honest files stay far below this.
        var allowance = 2 * file.count + (16 << 20)
        for (name, value) in content.tensors {
            guard case .tensor(let index) = value else {
                if case .refused(let index) = value {
                    refused.append(RefusedTensor(name: name, kind: pickle.heap.refusals[index]))
                }
                continue
            }
            let tensor = pickle.heap.tensors[index]
            let entry = try TensorEntry(name: name, shape: tensor.shape, dtype: tensor.type, file: file.path)
            views.append(try Self.view(of: tensor, entry, in: file, length: length))
            guard entry.count <= allowance else {
                throw GraftError(
                    .refused, "the tensors have far more values than the file has bytes", file: file.path, member: name,
                    found: "\(entry.count) values")
            }
            allowance -= entry.count
            entries.append(entry)
            keys.append(tensor.storage.key)
        }
        self.entries = entries
        self.refused = refused
        self.views = views
        self.keys = keys
    }

    private static func view(
        of tensor: PickledTensor, _ entry: TensorEntry, in file: MappedFile,
        length: (PickledStorage) throws(GraftError) -> Int
    ) throws(GraftError) -> StridedView {
        let storage = tensor.storage
        let bytes = try length(storage)
        guard storage.byteCount == bytes else {
            throw GraftError(
                .damaged, "a storage has another length than the checkpoint says", file: file.path,
                member: entry.name, expected: storage.description, found: "\(bytes) bytes")
        }
        guard
            let view = StridedView(
                shape: tensor.shape, strides: tensor.strides, offset: tensor.offset, available: tensor.available)
        else {
            throw GraftError(
                .damaged, "the tensor reaches beyond its storage", file: file.path, member: entry.name,
                expected: "at most \(tensor.available.count) values",
                found: "shape \(tensor.shape), strides \(tensor.strides) from \(tensor.offset)")
        }
        return view
    }

    private static func notes(
        _ choice: WeightSetChoice, _ sets: [WeightSet], others: [String], place: String?
    ) -> [String] {
        var notes: [String] = []
        if let place {
            if !place.isEmpty { notes.append("the tensors are those under '\(place)'") }
        } else {
            notes.append(
                "several sets of tensors, taken together: \(PickledSets.list(choice.chosen.map { sets[$0].name }))")
        }
        let left = sets.indices.filter { !choice.chosen.contains($0) && !sets[$0].isTraining }.map { sets[$0] }
        if !left.isEmpty {
            let names = left.map { $0.name.isEmpty ? "(outermost)" : $0.name }
            notes.append(
                "other weights in the file: \(PickledSets.list(names)); --weights NAME chooses, or weights.set of a configuration"
            )
        }
        if !others.isEmpty { notes.append("left out, not tensors: \(PickledSets.list(others))") }
        return notes
    }

    /// The values of `entries[index]`.
    /// - Parameters:
    ///   - isBigEndian: the order of the bytes in every storage.
    ///   - lend: gives all bytes of the storage of that key.
    func values(
        at index: Int, isBigEndian: Bool = false,
        lend: (String, (UnsafeRawBufferPointer) throws(GraftError) -> Void) throws(GraftError) -> Void
    ) throws(GraftError) -> [Float] {
        let entry = entries[index]
        return try entry.values(file: file.path, isBigEndian: isBigEndian) { target throws(GraftError) in
            try lend(keys[index]) { bytes throws(GraftError) in
                guard views[index].copy(width: entry.dtype.size, from: bytes, to: target) else {
                    throw GraftError(
                        .damaged, "the tensor reaches beyond its storage", file: file.path, member: entry.name)
                }
            }
        }
    }
}
