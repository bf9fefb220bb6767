import Zoo

/// The sets of named tensors in a checkpoint's pickle: the state dict itself, or the dicts of tensors that lie beside an
/// epoch, an optimiser and the like; of a TorchScript archive the parameters of its modules.
struct PickledSets: Sendable {
    /// Where tensors are.
    struct Place: Sendable {
        /// The keys that lead there.
        let path: [String]
        let map: Int
        let tensors: Int
        let values: Int

        var name: String { path.joined(separator: ".") }
    }

    /// The tensors of one set, in the checkpoint's order.
    struct Content {
        /// Names with a tensor, or one that is not read.
        var tensors: [(name: String, value: PickleValue)] = []
        /// What lies among them and is no tensor.
        var others: [String] = []
    }

    let heap: PickleHeap
    /// In the order of the checkpoint, the outermost first.
    let places: [Place]
    /// Objects that were not built, by where they are.
    let opaque: [OpaqueValue]
    /// A program's parameters: one set, whose names go through objects.
    private let script: Content?
    private let root: PickleValue
    private let file: String

    /// Paths beyond these bounds are no checkpoint's.
    private static let depth = 8
    private static let placeLimit = 10_000

    /// - Parameter isScript: whether objects are modules of a TorchScript program, whose attributes are looked into.
    /// - Throws: `GraftError.unsupported` where there is no named tensor.
    init(_ pickle: PickleReader.Result, isScript: Bool = false, file: String) throws(GraftError) {
        heap = pickle.heap
        root = pickle.root
        self.file = file
        if isScript {
            let content = try Self.script(pickle, file: file)
            script = content
            places = [Place(path: [], map: 0, tensors: content.tensors.count, values: 0)]
            opaque = []
            return
        }
        script = nil
        (places, opaque) = Self.search(pickle)
        guard places.isEmpty else { return }
        if case .map(let index) = root {
            let names = Self.names(heap.maps[index])
            throw GraftError(
                .unsupported, "the checkpoint does not hold tensors", file: file,
                expected: "a dict of names and tensors",
                found: names.isEmpty ? "an empty dict" : "a dict of \(Self.list(names))", remedy: Self.remedy)
        }
        throw GraftError(
            .unsupported, "the checkpoint does not hold named tensors", file: file,
            expected: "a dict of names and tensors", found: heap.describe(root),
            remedy: "save them with torch.save(model.state_dict(), FILE)")
    }

    private static let remedy = "save one with torch.save(model.state_dict(), FILE)"

    /// Walks over every dict that text keys lead to, and over every list and tuple for objects, each once.
    private static func search(_ pickle: PickleReader.Result) -> (places: [Place], opaque: [OpaqueValue]) {
        let heap = pickle.heap
        var places: [Place] = []
        var opaque: [OpaqueValue] = []
        // Each value twice at most: a dict may be met in a list before text keys lead to it.
        var named: Set<PickleValue> = []
        var seen: Set<PickleValue> = []
        // Breadth first, so that a dict is found by its shortest path.
        var queue: [(value: PickleValue, path: [String], isNamed: Bool)] = []
        func enqueue(_ value: PickleValue, _ path: [String], isNamed: Bool) {
            switch value {
            case .map, .list, .tuple, .opaque:
                guard path.count <= depth, !named.contains(value) else { return }
                if isNamed {
                    named.insert(value)
                } else {
                    guard seen.insert(value).inserted else { return }
                }
                queue.append((value, path, isNamed))
            default: break
            }
        }
        enqueue(pickle.root, [], isNamed: true)
        var next = 0
        while next < queue.count {
            let (value, path, isNamed) = queue[next]
            next += 1
            switch value {
            case .map(let index):
                var tensors = 0
                var values = 0
                for entry in heap.maps[index] {
                    guard case .text(let key) = entry.key else {
                        enqueue(entry.value, path + ["…"], isNamed: false)
                        continue
                    }
                    switch entry.value {
                    case .tensor(let tensor):
                        tensors += 1
                        values &+= Tensor.count(of: heap.tensors[tensor].shape) ?? 0
                    case .refused: tensors += 1
                    default: enqueue(entry.value, path + [key], isNamed: isNamed)
                    }
                }
                if isNamed, tensors > 0, places.count < placeLimit {
                    places.append(Place(path: path, map: index, tensors: tensors, values: values))
                }
            case .list(let index): for item in heap.lists[index] { enqueue(item, path + ["…"], isNamed: false) }
            case .tuple(let index): for item in heap.tuples[index] { enqueue(item, path + ["…"], isNamed: false) }
            case .opaque(let index):
                guard opaque.count < placeLimit, isNamed || !named.contains(value) else { continue }
                opaque.append(
                    OpaqueValue(path: path.joined(separator: "."), type: heap.names[heap.opaques[index].name]))
            default: break
            }
        }
        return (places, opaque)
    }

    /// The set at that place.
    func content(of place: Place) throws(GraftError) -> Content {
        if let script { return script }
        var content = Content()
        var names: Set<String> = []
        for entry in heap.maps[place.map] {
            guard case .text(let name) = entry.key else { continue }
            guard names.insert(name).inserted else {
                throw GraftError(.damaged, "the pickle sets one name twice", file: file, member: name)
            }
            switch entry.value {
            case .tensor, .refused: content.tensors.append((name, entry.value))
            default: content.others.append(name)
            }
        }
        return content
    }

    // MARK: TorchScript

    /// The tensors of a program's modules, named by the attributes that lead to them.
    private static func script(_ pickle: PickleReader.Result, file: String) throws(GraftError) -> Content {
        let heap = pickle.heap
        var content = Content()
        var stack: [(value: PickleValue, path: String, depth: Int)] = [(pickle.root, "", 0)]
        // A module may be there under several names, but not under more than a program can have.
        var steps = 0
        while let (value, path, level) = stack.popLast() {
            steps += 1
            guard steps <= 200_000, level <= 64 else {
                throw GraftError(.refused, "the program's modules lie too deep or are too many", file: file)
            }
            guard case .opaque(let index) = value, case .map(let map)? = heap.opaques[index].state else { continue }
            var modules: [(value: PickleValue, path: String, depth: Int)] = []
            for entry in heap.maps[map] {
                guard case .text(let key) = entry.key else { continue }
                let name = path.isEmpty ? key : "\(path).\(key)"
                guard name.utf8.count <= 4096 else {
                    throw GraftError(.refused, "the program's modules lie too deep or are too many", file: file)
                }
                switch entry.value {
                case .tensor, .refused: content.tensors.append((name, entry.value))
                case .opaque: modules.append((entry.value, name, level + 1))
                default: break
                }
                guard content.tensors.count <= 200_000 else {
                    throw GraftError(.refused, "the program's modules lie too deep or are too many", file: file)
                }
            }
            stack += modules.reversed()
        }
        guard !content.tensors.isEmpty else {
            throw GraftError(
                .unsupported, "the TorchScript program has no parameters with names", file: file,
                expected: "modules with parameters, which a frozen program has no more",
                remedy: "save the tensors: torch.save(model.state_dict(), FILE)")
        }
        return content
    }

    private static func names(_ entries: [PickleHeap.Entry]) -> [String] {
        entries.compactMap { if case .text(let name) = $0.key { name } else { nil } }
    }

    static func list(_ names: [String]) -> String {
        names.prefix(8).map { "'\($0)'" }.joined(separator: ", ") + (names.count > 8 ? ", …" : "")
    }
}
