import Zoo

/// What timm and Hugging Face's `transformers` call the tensors of Swin Transformers.
enum SwinNames {
    /// `transformers` keeps queries, keys and values apart.
    static let joins = [
        TensorJoin(
            [".attention.self.query.", ".attention.self.key.", ".attention.self.value."], as: ".attention.self.qkv.")
    ]

    /// torchvision's name; the name itself where it is of neither, nil for what follows from the window's size.
    static func torchvision(_ name: String) -> String? {
        let parts = name.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        guard let last = parts.last, !["relative_position_index", "attn_mask"].contains(last) else { return nil }
        let renamed: [String]? =
            switch parts[0] {
            case "layers" where parts.count > 3: timm(Array(parts.dropFirst()))
            case "patch_embed" where parts.count == 3: ["features", "0", parts[1] == "proj" ? "0" : "2", last]
            case "head" where parts.count == 3: ["head", last]
            case "encoder" where parts.count > 4: huggingFace(Array(parts.dropFirst(2)))
            default: outer[parts.dropLast().joined(separator: ".")].map { [$0, last] }
            }
        return renamed?.joined(separator: ".") ?? name
    }

    /// `STAGE.downsample.…` stands before its stage, `STAGE.blocks.BLOCK.…`
    private static func timm(_ parts: [String]) -> [String]? {
        guard let stage = Int(parts[0]) else { return nil }
        let place = parts[1] == "downsample" ? 2 * stage : 2 * stage + 1
        return ["features", "\(place)"] + parts.dropFirst(2).map { ["fc1": "0", "fc2": "3"][$0] ?? $0 }
    }

    /// Beside the blocks, without the last part.
    private static let outer = [
        "embeddings.patch_embeddings.projection": "features.0.0", "embeddings.norm": "features.0.2",
        "layernorm": "norm", "classifier": "head",
    ]
    /// Inside a block, without the last part.
    private static let inner = [
        "attention.self.qkv": "attn.qkv", "attention.self": "attn", "attention.output.dense": "attn.proj",
        "layernorm_before": "norm1", "layernorm_after": "norm2", "intermediate.dense": "mlp.0", "output.dense": "mlp.3",
    ]

    /// `STAGE.downsample.…` stands behind its stage, `STAGE.blocks.BLOCK.…`
    private static func huggingFace(_ parts: [String]) -> [String]? {
        guard let stage = Int(parts[0]) else { return nil }
        if parts[1] == "downsample" { return ["features", "\(2 * stage + 2)"] + parts.dropFirst(2) }
        guard parts.count > 4, let found = inner[parts[3...].dropLast().joined(separator: ".")] else { return nil }
        return ["features", "\(2 * stage + 1)", parts[2], found, parts[parts.count - 1]]
    }
}
