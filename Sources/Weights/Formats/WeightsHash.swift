public import Zoo

/// The identity of a set of weights.
enum WeightsHash {
    /// SHA-256 over the lines `name NUL shape NUL sha256 LF`, sorted by the bytes of the name; the shape as in
    /// "32x3x3x3" ("scalar" for none).
    ///
    /// It is made of the tensors' hashes and not of their values, so that it can be checked before any value is read, and
    /// tensors can be hashed on several threads.
    static func combine(_ tensors: [(name: String, shape: [Int], sha256: String)]) -> String {
        var stream = Hash.Stream()
        for tensor in tensors.sorted(by: { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }) {
            stream.update("\(tensor.name)\0\(Tensor.describe(tensor.shape))\0\(tensor.sha256)\n")
        }
        return stream.hex()
    }
}

extension StateDict {
    /// SHA-256 of every tensor's values (float32, little-endian, row-major), by name. Uses all cores.
    package var tensorHashes: [String: String] {
        let names = names
        let sizes = names.map { self[$0]?.elements.count ?? 0 }
        let order = names.indices.sorted { (sizes[$0], $1) > (sizes[$1], $0) }
        let hashes = Parallel.map(names.count, order: order) { self[names[$0]].map { Hash.sha256($0.elements) } ?? "" }
        return Dictionary(uniqueKeysWithValues: zip(names, hashes))
    }

    /// SHA-256 over all tensors, in hexadecimal: the same names, shapes and values have the same one, in whatever order
    /// they are and whatever file they came in.
    public var weightsSHA256: String { sha256(of: tensorHashes) }

    func sha256(of hashes: [String: String]) -> String {
        WeightsHash.combine(
            names.map { (name: $0, shape: self[$0]?.shape ?? [], sha256: hashes[$0] ?? "") })
    }
}
