import Zoo

/// What the few known names mean, and the tensors that come of them.
extension PickleReader {
    func global(module: String, name: String) throws(GraftError) -> PickleGlobal {
        guard let global = PickleGlobal(module: module, name: name) else {
            throw refuse("the pickle asks for '\(module).\(name)'")
        }
        return global
    }

    /// What Python would get from calling `callable`.
    mutating func reduce(_ callable: PickleValue, _ arguments: PickleValue) throws(GraftError) -> PickleValue {
        guard case .global(let global) = callable, case .tuple(let index) = arguments else {
            throw damaged("a call of \(callable.kind) with \(arguments.kind)")
        }
        let values = heap.tuples[index]
        switch global {
        case .orderedDict:
            if values.isEmpty { return try map([]) }
            if values.count == 1, case .list(let list) = values[0] { return try map(entries(heap.lists[list])) }
        case .size:
            if values.count == 1, case .tuple = values[0] { return values[0] }
        case .rebuildTensor:
            if values.count == 4 { return try tensor(values) }
        case .rebuildTensorV2:
            if values.count == 6 { return try tensor(values) }
            if values.count == 7, isEmptyMap(values[6]) { return try tensor(values) }
        case .rebuildParameter:
            if values.count == 3, case .tensor = values[0] { return values[0] }
        case .storage: break
        }
        throw damaged("a call of \(global.description) with arguments that do not fit")
    }

    /// Python 2 gives an OrderedDict as a list of pairs.
    private mutating func entries(_ list: [PickleValue]) throws(GraftError) -> [PickleHeap.Entry] {
        pairs += list.count
        guard pairs <= limits.objects else { throw tooLarge("pairs", limits.objects) }
        var entries: [PickleHeap.Entry] = []
        for pair in list {
            let items: [PickleValue] =
                switch pair {
                case .tuple(let index): heap.tuples[index]
                case .list(let index): heap.lists[index]
                default: []
                }
            guard items.count == 2 else { throw damaged("an OrderedDict of something else than pairs") }
            entries.append(PickleHeap.Entry(key: items[0], value: items[1]))
        }
        return entries
    }

    private func isEmptyMap(_ value: PickleValue) -> Bool {
        switch value {
        case .none: true
        case .map(let index): heap.maps[index].isEmpty
        default: false
        }
    }

    /// Sets an object's attributes: a state dict's `_metadata`, which says nothing of the tensors.
    mutating func build(_ state: PickleValue) throws(GraftError) {
        guard case .map = try top(), case .map = state else {
            throw refuse("the pickle sets the attributes of \(try top().kind)")
        }
    }

    // MARK: Tensors

    /// `('storage', CLASS, KEY, DEVICE, COUNT)`, and in the legacy layout None or `(VIEW, OFFSET, COUNT)` after it.
    mutating func storage(_ id: PickleValue) throws(GraftError) -> PickleValue {
        guard case .tuple(let index) = id else { throw damaged("a reference to something else than a storage") }
        let values = heap.tuples[index]
        guard values.count == 5 || values.count == 6, values[0] == .text("storage"),
            case .global(.storage(let type)) = values[1], case .text(let key) = values[2], case .text = values[3],
            case .integer(let count) = values[4], count >= 0
        else { throw damaged("a reference to something else than a storage") }
        var range = 0..<count
        if values.count == 6, values[5] != .none {
            guard case .tuple(let view) = values[5], heap.tuples[view].count == 3,
                case .integer(let start) = heap.tuples[view][1], case .integer(let length) = heap.tuples[view][2],
                start >= 0, length >= 0, start <= count, length <= count - start
            else { throw damaged("storage '\(key)' has a view outside of itself") }
            range = start..<start + length
        }
        let storage = PickledStorage(key: key, type: type, count: count, range: range)
        if let known = storageFacts[key] {
            guard known.type == type, known.count == count else {
                throw damaged(
                    "storage '\(key)' is described in two ways", expected: "\(known.count) x \(known.type.rawValue)",
                    found: "\(count) x \(type.rawValue)")
            }
        }
        storageFacts[key] = storage
        try checkCount()
        heap.storages.append(storage)
        return .storage(heap.storages.count - 1)
    }

    /// `(STORAGE, OFFSET, SHAPE, STRIDES, …)`; whether it wants a gradient, and its hooks, say nothing of its values.
    private mutating func tensor(_ values: [PickleValue]) throws(GraftError) -> PickleValue {
        guard case .storage(let storage) = values[0], case .integer(let offset) = values[1], offset >= 0,
            let shape = extents(values[2]), let strides = extents(values[3]), shape.count == strides.count
        else { throw damaged("a tensor with a shape that makes no sense") }
        try checkCount()
        heap.tensors.append(
            PickledTensor(storage: heap.storages[storage], offset: offset, shape: shape, strides: strides))
        return .tensor(heap.tensors.count - 1)
    }

    private func extents(_ value: PickleValue) -> [Int]? {
        guard case .tuple(let index) = value, heap.tuples[index].count <= limits.rank else { return nil }
        var extents: [Int] = []
        for value in heap.tuples[index] {
            guard case .integer(let extent) = value, extent >= 0 else { return nil }
            extents.append(extent)
        }
        return extents
    }
}
