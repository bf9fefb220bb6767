/// What other publishers call torchvision's tensors.
enum OtherNames {
    private static let places = ["conv": 0, "bn": 1, "convolution": 0, "normalization": 1]
    private static let convolutions = ["a", "b", "c"]

    /// Nil for a name that is none of theirs.
    static func torchvision(_ name: String) -> String? {
        let parts = name.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        guard let last = parts.last, parts.count > 2 else { return nil }
        if parts.count == 3, parts[0] == "head" || parts.starts(with: ["classifier", "1"]) { return "fc.\(last)" }
        let inner = parts[parts.count - 2]
        if parts.starts(with: ["stem"]) || parts.starts(with: ["embedder", "embedder"]) {
            return places[inner].map { "stem.\($0).\(last)" }
        }
        // timm counts stages and blocks from 1, transformers from 0 and further down.
        if parts[0].first == "s", let stage = Int(parts[0].dropFirst()), parts[1].first == "b",
            let block = Int(parts[1].dropFirst())
        {
            return layer(parts[2...].dropLast()).map {
                "trunk_output.block\(stage).block\(stage)-\(block - 1).\($0).\(last)"
            }
        }
        guard parts.starts(with: ["encoder", "stages"]), parts.count > 6, let stage = Int(parts[2]),
            let block = Int(parts[4])
        else { return nil }
        return layer(parts[5...].dropLast()).map {
            "trunk_output.block\(stage + 1).block\(stage + 1)-\(block).\($0).\(last)"
        }
    }

    /// Inside a block.
    private static func layer(_ parts: ArraySlice<String>) -> String? {
        guard let first = parts.first, let inner = parts.last else { return nil }
        switch (first, parts.count) {
        case ("downsample", 2), ("shortcut", 2): return places[inner].map { "proj.\($0)" }
        case ("se", 2): return "f.se.\(inner)"
        case ("conv1", 2), ("conv2", 2), ("conv3", 2):
            return places[inner].map { "f.\(convolutions[first == "conv1" ? 0 : first == "conv2" ? 1 : 2]).\($0)" }
        case ("layer", 3):
            guard let number = Int(parts[parts.startIndex + 1]), let place = places[inner] else { return nil }
            // Squeeze and excite is their third layer, of four.
            let index = number == 3 ? 2 : number
            return convolutions.indices.contains(index) ? "f.\(convolutions[index]).\(place)" : nil
        case ("layer", 4):
            return inner == "0" ? "f.se.fc1" : inner == "2" ? "f.se.fc2" : nil
        default: return nil
        }
    }
}
