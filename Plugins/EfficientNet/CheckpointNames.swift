import Zoo

/// Translates names of published checkpoints. Three conventions are told apart by their words:
/// - torchvision: `features.2.0.block.1.0.weight`, the graph's own
/// - EfficientNet-PyTorch, in which Lite0 is published: `_blocks.1._depthwise_conv.weight`
/// - timm: `blocks.1.0.conv_dw.weight`
struct CheckpointNames {
    private let rows: [Row]
    private let squeezes: Bool

    init(_ variant: Variant) {
        rows = variant.rows
        squeezes = variant.style.squeezesAndExcites
    }

    /// The graph's name; the name itself where no convention knows it, nil for a counter that nothing reads.
    func parameterName(for name: String) -> String? {
        let parts = name.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        guard let tensor = parts.last, tensor != "num_batches_tracked" else { return nil }
        let layer = Array(parts.dropLast())
        return path(of: layer).map { "\($0).\(tensor)" } ?? name
    }

    private func path(of layer: [String]) -> String? {
        switch (layer.first, layer.count) {
        case ("_blocks", 3):
            guard let number = Int(layer[1]), let (stage, block) = position(ofBlock: number) else { return nil }
            return blockPath(stage, block, pyTorchPart(layer[2], expands: rows[stage].expand > 1))
        case ("blocks", 4...5):
            guard let stage = Int(layer[1]), rows.indices.contains(stage), let block = Int(layer[2]),
                (0..<rows[stage].layers).contains(block)
            else { return nil }
            let part = layer[3...].joined(separator: ".")
            return blockPath(stage, block, timmPart(part, expands: rows[stage].expand > 1))
        default:
            return outerPath(layer.joined(separator: "."))
        }
    }

    /// A layer before or after the blocks. timm and EfficientNet-PyTorch count their norms differently.
    private func outerPath(_ layer: String) -> String? {
        switch layer {
        case "_conv_stem", "conv_stem": "features.0.0"
        case "_bn0", "bn1": "features.0.1"
        case "_conv_head", "conv_head": "features.\(rows.count + 1).0"
        case "_bn1", "bn2": "features.\(rows.count + 1).1"
        case "_fc", "classifier": "classifier.1"
        default: nil
        }
    }

    /// The stage and the number in it of a block that is counted through all stages.
    private func position(ofBlock number: Int) -> (stage: Int, block: Int)? {
        var first = 0
        for (stage, row) in rows.enumerated() {
            if (first..<first + row.layers).contains(number) { return (stage, number - first) }
            first += row.layers
        }
        return nil
    }

    private func blockPath(_ stage: Int, _ block: Int, _ part: Part?) -> String? {
        guard let part else { return nil }
        let depthwise = rows[stage].expand > 1 ? 1 : 0
        let inside =
            switch part {
            case .expand(let layer): "0.\(layer)"
            case .depthwise(let layer): "\(depthwise).\(layer)"
            case .squeeze(let layer): "\(depthwise + 1).\(layer)"
            case .project(let layer): "\(depthwise + (squeezes ? 2 : 1)).\(layer)"
            }
        return "features.\(stage + 1).\(block).block.\(inside)"
    }

    /// A part of a block, and the layer in it.
    private enum Part {
        case expand(String)
        case depthwise(String)
        case squeeze(String)
        case project(String)
    }

    private func pyTorchPart(_ word: String, expands: Bool) -> Part? {
        switch word {
        case "_expand_conv": expands ? .expand("0") : nil
        case "_bn0": expands ? .expand("1") : nil
        case "_depthwise_conv": .depthwise("0")
        case "_bn1": .depthwise("1")
        case "_se_reduce": squeezes ? .squeeze("fc1") : nil
        case "_se_expand": squeezes ? .squeeze("fc2") : nil
        case "_project_conv": .project("0")
        case "_bn2": .project("1")
        default: nil
        }
    }

    /// timm counts a block's norms from 1, and names the 1x1 convolutions by what else the block has.
    private func timmPart(_ words: String, expands: Bool) -> Part? {
        switch (words, expands) {
        case ("conv_pw", true): .expand("0")
        case ("bn1", true): .expand("1")
        case ("conv_dw", _): .depthwise("0")
        case ("bn2", true), ("bn1", false): .depthwise("1")
        case ("se.conv_reduce", _): squeezes ? .squeeze("fc1") : nil
        case ("se.conv_expand", _): squeezes ? .squeeze("fc2") : nil
        case ("conv_pwl", true), ("conv_pw", false): .project("0")
        case ("bn3", true), ("bn2", false): .project("1")
        default: nil
        }
    }
}
