import Zoo

/// What the known names mean, and the tensors that come of them. Any other name makes an opaque value.
extension PickleReader {
    mutating func global(module: String, name: String) throws(GraftError) -> PickleGlobal {
        if let global = PickleGlobal(module: module, name: name) { return global }
        guard !PickleGlobal.isHostile(module: module, name: name) else {
            throw refuse("the pickle asks for '\(module).\(name)'")
        }
        return .unknown(label("\(module).\(name)"))
    }

    /// What Python would get from calling `callable`.
    mutating func reduce(_ callable: PickleValue, _ arguments: PickleValue) throws(GraftError) -> PickleValue {
        guard case .global(let global) = callable, case .tuple(let index) = arguments else {
            throw damaged("a call of \(heap.describe(callable)) with \(arguments.kind)")
        }
        let values = heap.tuples[index]
        switch global {
        case .orderedDict, .counter, .defaultDict: return try dict(global, values)
        case .size:
            if values.isEmpty { return arguments }
            if values.count == 1, case .tuple = values[0] { return values[0] }
        case .set:
            if values.isEmpty { return try set([]) }
            if values.count == 1, case .list(let list) = values[0] { return .set(list) }
            return .inert
        case .rebuild(let function): return try rebuild(function, values)
        case .parameter:
            switch values.first {
            case .tensor?, .refused?: return values[0]
            default: return try refused("a tensor of a version of PyTorch before 0.4")
            }
        case .value: return .inert
        case .unknown(let name): return try opaque(name)
        case .storage, .dtype: break
        }
        throw damaged("a call with arguments that do not fit")
    }

    private mutating func opaque(_ name: Int) throws(GraftError) -> PickleValue {
        try checkCount()
        heap.opaques.append(PickleHeap.Opaque(name: name))
        return .opaque(heap.opaques.count - 1)
    }

    private mutating func refused(_ what: String) throws(GraftError) -> PickleValue {
        try checkCount()
        heap.refusals.append(what)
        return .refused(heap.refusals.count - 1)
    }

    /// - Parameter values: nothing, a list of pairs, a dict, or a defaultdict's factory.
    private mutating func dict(_ global: PickleGlobal, _ values: [PickleValue]) throws(GraftError) -> PickleValue {
        // A dict that is given to a constructor is in the pickle for that alone.
        if case .map? = values.last { return values[values.count - 1] }
        if global == .defaultDict || values.isEmpty { return try map([]) }
        if values.count == 1, case .list(let list) = values[0] { return try map(entries(heap.lists[list])) }
        throw damaged("a dict of something else than pairs")
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

    /// Sets an object's attributes. A state dict's `_metadata` and a parameter's hooks say nothing of the values; an
    /// object's are kept for TorchScript, whose modules are objects.
    mutating func build(_ state: PickleValue) throws(GraftError) {
        switch try top() {
        case .opaque(let index): heap.opaques[index].state = state
        case .map, .set, .inert, .tensor, .refused:
            switch state {
            case .map, .none: break
            case .tuple(let index):
                // PyTorch before 0.4 could hand a tensor its storage that way.
                guard !heap.tuples[index].contains(where: { if case .storage = $0 { true } else { false } }) else {
                    throw refuse("the pickle sets the storage of \(try top().kind)")
                }
            default: throw refuse("the pickle sets the attributes of \(try top().kind)")
            }
        default: throw refuse("the pickle sets the attributes of \(try top().kind)")
        }
    }

    // MARK: Tensors

    /// `('storage', CLASS, KEY, DEVICE, COUNT)`, and in the legacy layout None or `(VIEW, OFFSET, COUNT)` after it; or a
    /// class of modules there: `('module', CLASS, FILE, SOURCE)`.
    mutating func persistent(_ id: PickleValue) throws(GraftError) -> PickleValue {
        guard case .tuple(let index) = id else { throw damaged("a reference to something else than a storage") }
        let values = heap.tuples[index]
        if values.count == 4, values[0] == .text("module"), case .global = values[1] { return values[1] }
        guard values.count == 5 || values.count == 6, values[0] == .text("storage"),
            case .global(.storage(let kind)) = values[1], case .text(let key) = values[2], case .text = values[3],
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
        let storage = PickledStorage(key: key, kind: kind, count: count, range: range)
        if let known = storageFacts[key] {
            guard known.kind == kind, known.count == count else {
                throw damaged(
                    "storage '\(key)' is described in two ways", expected: known.description,
                    found: storage.description)
            }
        }
        storageFacts[key] = storage
        try checkCount()
        heap.storages.append(storage)
        return .storage(heap.storages.count - 1)
    }

    private mutating func rebuild(
        _ function: PickleGlobal.Rebuild, _ values: [PickleValue]
    ) throws(GraftError) -> PickleValue {
        if let refusal = function.refusal { return try refused(refusal) }
        switch function {
        case .tensor:
            if values.count == 4 { return try tensor(values) }
        case .tensorV2:
            if values.count == 6 { return try tensor(values) }
            if values.count == 7 { return try tensor(values, metadata: values[6]) }
        case .tensorV3:
            if values.count == 7 || values.count == 8, case .global(.dtype(let type)) = values[6] {
                return try tensor(values, type: type, metadata: values.count == 8 ? values[7] : .none)
            }
        case .parameter, .parameterWithState:
            if values.count == (function == .parameter ? 3 : 4) {
                switch values[0] {
                case .tensor, .refused: return values[0]
                default: break
                }
            }
        case .fromCPU:
            if values.count == 4, case .tensor(let index) = values[0] {
                // Another type there would be a rounding that the values here do not have.
                if case .global(.dtype(.read(heap.tensors[index].type))) = values[1] { return values[0] }
                return try refused("a tensor that changes its type when it is loaded")
            }
        case .fromType, .fromTypeV1, .fromTypeOld:
            // The class and the attributes change no value. No function makes a tensor by way of itself.
            if values.count == 4, case .global(let inner) = values[0], case .tuple(let arguments) = values[2] {
                switch inner {
                case .rebuild(.fromType), .rebuild(.fromTypeV1), .rebuild(.fromTypeOld): break
                case .rebuild(let function): return try rebuild(function, heap.tuples[arguments])
                case .unknown(let name): return try opaque(name)
                default: break
                }
            }
        default: break
        }
        throw damaged("a call of \(function.rawValue) with arguments that do not fit")
    }

    /// `(STORAGE, OFFSET, SHAPE, STRIDES, …)`; whether it wants a gradient, and its hooks, say nothing of its values.
    /// - Parameters:
    ///   - type: what an untyped storage's bytes are.
    ///   - metadata: `{"conj": …, "neg": …}` where the values are to be changed after all.
    private mutating func tensor(
        _ values: [PickleValue], type: PickleGlobal.ValueKind? = nil, metadata: PickleValue = .none
    ) throws(GraftError) -> PickleValue {
        guard case .storage(let index) = values[0], case .integer(let offset) = values[1], offset >= 0,
            let shape = extents(values[2]), let strides = extents(values[3]), shape.count == strides.count
        else { throw damaged("a tensor with a shape that makes no sense") }
        if case .map(let map) = metadata, heap.maps[map].contains(where: { $0.value != .bool(false) }) {
            return try refused("a tensor whose values are to be negated or conjugated")
        }
        let storage = heap.storages[index]
        let kind: PickleGlobal.ValueKind
        switch (storage.kind, type) {
        case (.typed(let known), nil): kind = known
        case (.typed(let known), let stated?) where known == stated: kind = known
        case (.untyped, let stated?): kind = stated
        default: throw damaged("a tensor whose type is not its storage's")
        }
        guard case .read(let type) = kind else { return try refused("a tensor of \(kind.name)") }
        try checkCount()
        heap.tensors.append(
            PickledTensor(storage: storage, type: type, offset: offset, shape: shape, strides: strides))
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
