import Zoo

/// What Hugging Face's `transformers` calls the tensors of ViT, DeiT and DINOv2.
enum HuggingFaceNames {
    /// It keeps queries, keys and values apart.
    static let joins = [
        TensorJoin(
            [".attention.attention.query.", ".attention.attention.key.", ".attention.attention.value."],
            as: ".attention.attention.qkv.")
    ]

    private static let whole = [
        "embeddings.cls_token": "cls_token", "embeddings.position_embeddings": "pos_embed",
        "embeddings.register_tokens": EncoderNames.timm.registers,
    ]
    private static let layers = [
        "embeddings.patch_embeddings.projection": "patch_embed.proj", "layernorm": "norm", "classifier": "head",
    ]
    /// Inside a block.
    private static let inner = [
        "attention.attention.qkv": "attn.qkv", "attention.output.dense": "attn.proj", "layernorm_before": "norm1",
        "layernorm_after": "norm2", "norm1": "norm1", "norm2": "norm2", "intermediate.dense": "mlp.fc1",
        "output.dense": "mlp.fc2", "mlp.fc1": "mlp.fc1", "mlp.fc2": "mlp.fc2", "layer_scale1": "ls1",
        "layer_scale2": "ls2",
    ]

    /// timm's name; the name itself where it is none of these, nil for the token that only pretraining needs.
    static func timm(_ name: String) -> String? {
        if name == "embeddings.mask_token" { return nil }
        if let found = whole[name] { return found }
        let parts = name.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        guard let last = parts.last, parts.count > 1 else { return name }
        if let found = layers[parts.dropLast().joined(separator: ".")] { return "\(found).\(last)" }
        guard parts.starts(with: ["encoder", "layer"]), parts.count > 4,
            let found = inner[parts[3...].dropLast().joined(separator: ".")]
        else { return name }
        return "blocks.\(parts[2]).\(found).\(last == "lambda1" ? "gamma" : last)"
    }
}
