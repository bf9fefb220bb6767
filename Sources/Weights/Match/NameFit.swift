import Zoo

/// How a set of tensors fits a model's names, once something is left out at the front of every name.
///
/// Wrappers (`module.`, `_orig_mod.`, a class' own `net.backbone.`) put words before every name; which words is found by
/// trying every front of every name against the model's names and shapes, and not by a list.
struct NameFit {
    /// What is left out, with its last dot; empty for nothing.
    let prefix: String
    /// By the place in the file's list, the model's name.
    private(set) var names: [Int: String] = [:]
    /// The model's tensors that are there in their shape.
    private(set) var fitting: Set<String> = []
    /// Wrappers inside of names, which are left out too.
    private(set) var inner: Set<String> = []
    private var places: [String: (index: Int, rank: Int)] = [:]

    /// What wrappers call a module that they put another's place in. They may stand inside of a name.
    private static let wrappers: Set<String> = [
        "module", "_orig_mod", "_fsdp_wrapped_module", "_checkpoint_wrapped_module", "_forward_module",
    ]
    /// Honest names have fewer parts before the model's own.
    private static let depth = 16

    init(prefix: String = "") { self.prefix = prefix }

    private mutating func add(_ index: Int, as name: String, fits: Bool, rank: Int, without wrappers: [String]) {
        // Two of the file's names may mean one of the model's: the one that needs less changed is the model's.
        if let other = places[name] {
            guard other.rank > rank else { return }
            names[other.index] = nil
            fitting.remove(name)
        }
        places[name] = (index, rank)
        names[index] = name
        if fits { fitting.insert(name) }
        inner.formUnion(wrappers)
    }

    /// Whether two shapes are equal but for extents of one: a scale per channel is `[C]` to some and `[C, 1, 1]` to others.
    static func isSame(_ a: [Int]?, _ b: [Int]?) -> Bool {
        guard let a, let b else { return a == b }
        return a == b || a.filter { $0 != 1 } == b.filter { $0 != 1 }
    }

    /// Every front that leaves at least one name of the model.
    /// - Parameters:
    ///   - tensors: names and shapes; nil for a tensor that cannot be had.
    ///   - wanted: the model's names and shapes.
    ///   - addition: what the model's names all begin with and the file's may lack.
    ///   - rename: the backbone's translation of checkpoints' names.
    static func all(
        _ tensors: [(name: String, shape: [Int]?)], for wanted: [String: [Int]], addition: String = "",
        rename: (String) -> String?
    ) -> [NameFit] {
        var fits: [String: NameFit] = [:]
        var order: [String] = []
        for (index, tensor) in tensors.enumerated() {
            var start = tensor.name.startIndex
            for _ in 0..<depth {
                let rest = String(tensor.name[start...])
                if let (name, rank, inner) = resolve(rest, wanted, addition, rename) {
                    let prefix = String(tensor.name[..<start])
                    if fits[prefix] == nil {
                        fits[prefix] = NameFit(prefix: prefix)
                        order.append(prefix)
                    }
                    fits[prefix]?.add(
                        index, as: name, fits: Self.isSame(tensor.shape, wanted[name]), rank: rank, without: inner)
                }
                guard let dot = tensor.name[start...].firstIndex(of: ".") else { break }
                start = tensor.name.index(after: dot)
            }
        }
        return order.compactMap { fits[$0] }
    }

    /// The model's name for a name of the file's; the higher the rank, the more was changed.
    private static func resolve(
        _ name: String, _ wanted: [String: [Int]], _ addition: String, _ rename: (String) -> String?
    ) -> (name: String, rank: Int, without: [String])? {
        if !addition.isEmpty { return wanted[addition + name] != nil ? (addition + name, 0, []) : nil }
        if wanted[name] != nil { return (name, 0, []) }
        if let other = rename(name), wanted[other] != nil { return (other, 1, []) }
        // A wrapper at the very front is the prefix' matter.
        let parts = name.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        let inner = parts.dropFirst().filter { wrappers.contains($0) }
        guard !inner.isEmpty, let first = parts.first, !wrappers.contains(first), parts.count <= 64 else { return nil }
        let bare = ([first] + parts.dropFirst().filter { !wrappers.contains($0) }).joined(separator: ".")
        if wanted[bare] != nil { return (bare, 2, inner) }
        if let other = rename(bare), wanted[other] != nil { return (other, 3, inner) }
        return nil
    }
}
