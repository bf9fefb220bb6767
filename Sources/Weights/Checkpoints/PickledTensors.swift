import Zoo

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

    /// - Throws: `GraftError.unsupported` where there is no dict of tensors, or more than one that may be meant.
    init(in pickle: PickleReader.Result, file: String) throws(GraftError) {
        let heap = pickle.heap
        var value = pickle.root
        var path: [String] = []
        let leads = Self.leadsToTensors(in: heap)
        // Each step goes to a dict that leads to tensors, but a dict may lead to itself.
        while path.count < Self.depth {
            guard case .map(let index) = value else {
                throw GraftError(
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
            let maps = entries.filter { if case .map(let next) = $0.value { leads[next] } else { false } }
            let known = Self.keys.lazy.compactMap { key in maps.first { $0.name == key } }.first
            guard let next = known ?? (maps.count == 1 ? maps[0] : nil) else {
                throw GraftError(
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
        throw GraftError(
            .unsupported, "the checkpoint's tensors lie too deep", file: file, found: path.joined(separator: "."),
            remedy: "save them with torch.save(model.state_dict(), FILE)")
    }

    /// The entries with text keys, which must differ.
    private static func named(
        _ entries: [PickleHeap.Entry], file: String
    ) throws(GraftError) -> [(name: String, value: PickleValue)] {
        var names: Set<String> = []
        var result: [(name: String, value: PickleValue)] = []
        for entry in entries {
            guard case .text(let name) = entry.key else { continue }
            guard names.insert(name).inserted else {
                throw GraftError(.damaged, "the pickle sets one name twice", file: file, member: name)
            }
            result.append((name, entry.value))
        }
        return result
    }

    /// For every dict, whether it has a tensor in it, or a dict that has, at most `depth` levels down. Every dict is looked
    /// at a fixed number of times, however often the pickle mentions it.
    private static func leadsToTensors(in heap: PickleHeap) -> [Bool] {
        var leads = heap.maps.map { entries in
            entries.contains { if case (.text, .tensor) = ($0.key, $0.value) { true } else { false } }
        }
        for _ in 1..<depth {
            let before = leads
            for (index, entries) in heap.maps.enumerated() where !before[index] {
                leads[index] = entries.contains { entry in
                    if case (.text, .map(let next)) = (entry.key, entry.value) { before[next] } else { false }
                }
            }
        }
        return leads
    }

    private static func list(_ names: [String]) -> String {
        names.prefix(8).map { "'\($0)'" }.joined(separator: ", ") + (names.count > 8 ? ", …" : "")
    }
}
