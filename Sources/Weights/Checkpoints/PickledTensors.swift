/// The named tensors of a checkpoint's pickle: the state dict itself, or the dict that one lies in beside an epoch, an
/// optimiser and the like.
struct PickledTensors {
    /// Names and tensors in the checkpoint's order.
    let tensors: [(name: String, tensor: PickledTensor)]
    /// What a person should know: where the tensors were found, what was left out.
    let notes: [String]

    /// The keys that training scripts keep a model's tensors under, the likeliest first.
    private static let keys = [
        "state_dict", "model_state_dict", "model_state", "model", "net", "network", "weights", "params", "module",
    ]
    private static let depth = 4

    /// - Throws: `WeightsError.unsupported` where there is no dict of tensors, or more than one that may be meant.
    init(in pickle: PickleReader.Result, file: String) throws(WeightsError) {
        let heap = pickle.heap
        var value = pickle.root
        var path: [String] = []
        while true {
            guard case .map(let index) = value else {
                throw WeightsError(
                    .unsupported, "the checkpoint does not hold named tensors", file: file,
                    expected: "a dict of names and tensors", found: value.kind,
                    remedy: "save them with torch.save(model.state_dict(), FILE)")
            }
            let entries = try Self.named(heap.maps[index], file: file)
            if entries.contains(where: { if case .tensor = $0.value { true } else { false } }) {
                tensors = entries.compactMap { name, value in
                    if case .tensor(let index) = value { (name, heap.tensors[index]) } else { nil }
                }
                var notes = path.isEmpty ? [] : ["the tensors are those under '\(path.joined(separator: "."))'"]
                let others = entries.filter { if case .tensor = $0.value { false } else { true } }.map(\.name)
                if !others.isEmpty { notes.append("left out, not tensors: \(Self.list(others))") }
                self.notes = notes
                return
            }
            let maps = entries.filter { Self.holdsTensors($0.value, in: heap, depth: Self.depth - path.count) }
            let known = Self.keys.lazy.compactMap { key in maps.first { $0.name == key } }.first
            guard let next = known ?? (maps.count == 1 ? maps[0] : nil) else {
                throw WeightsError(
                    .unsupported,
                    maps.isEmpty
                        ? "the checkpoint does not hold tensors" : "the checkpoint holds several sets of tensors",
                    file: file, expected: "a dict of names and tensors",
                    found: entries.isEmpty
                        ? "an empty dict" : "a dict of \(Self.list((maps.isEmpty ? entries : maps).map(\.name)))",
                    remedy: "save one with torch.save(model.state_dict(), FILE)")
            }
            path.append(next.name)
            value = next.value
        }
    }

    /// The entries with text keys, which must differ.
    private static func named(
        _ entries: [PickleHeap.Entry], file: String
    ) throws(WeightsError) -> [(name: String, value: PickleValue)] {
        var names: Set<String> = []
        var result: [(name: String, value: PickleValue)] = []
        for entry in entries {
            guard case .text(let name) = entry.key else { continue }
            guard names.insert(name).inserted else {
                throw WeightsError(.damaged, "the pickle sets one name twice", file: file, member: name)
            }
            result.append((name, entry.value))
        }
        return result
    }

    /// Whether a dict has a tensor in it, or a dict that has, at most `depth` levels down.
    private static func holdsTensors(_ value: PickleValue, in heap: PickleHeap, depth: Int) -> Bool {
        guard depth > 0, case .map(let index) = value else { return false }
        return heap.maps[index].contains { entry in
            switch (entry.key, entry.value) {
            case (.text, .tensor): true
            case (.text, .map): holdsTensors(entry.value, in: heap, depth: depth - 1)
            default: false
            }
        }
    }

    private static func list(_ names: [String]) -> String {
        names.prefix(8).map { "'\($0)'" }.joined(separator: ", ") + (names.count > 8 ? ", …" : "")
    }
}
