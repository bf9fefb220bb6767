import Graft
import TestSupport
import Testing
import Zoo

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// What torchvision states of its networks, as `families.py` wrote it down.
struct TorchvisionFactsTests {
    private struct Published: Hashable {
        var network: String
        var entry: String
        var url: String
        var preprocessing: Preprocessing
        var accuracy: Double
    }

    /// Every one of them is here, with the same tensors in the same order.
    @Test(arguments: ["torchvision", "timm"])
    func `parameters are the reference's`(file: String) throws {
        for words in try lines("\(file)_parameters.txt") {
            let parameters = try graph(words[0]).parameters
            #expect(parameters.count == Int(words[1]), "\(words[0])")
            #expect(parameters.reduce(0) { $0 + ($1.role.isLearnt ? $1.count : 0) } == Int(words[2]), "\(words[0])")
            var list = parameters.map { "\($0.name) \($0.shape.map(String.init).joined(separator: "x"))" }
            // Attention's tensors come in another order.
            if words[0].hasPrefix("swin") { list.sort() }
            #expect(fnv(list.joined(separator: "\n")) == words[3], "\(words[0]): families.py --list \(words[0])")
        }
    }

    /// All files under a free licence are entries, the preferred one first, with torchvision's preprocessing and accuracy.
    @Test func `published weights are torchvision's`() throws {
        let registry = try Registry.builtIn()
        let facts = try lines("torchvision_weights.txt")
        for (network, group) in Dictionary(grouping: facts, by: { $0[0] }) {
            let expected = try group.filter { $0.last == "BSD-3-Clause" }.map { try published($0) }
            let found = try registry.backbone(network).pretrained.filter { $0.source.hasPrefix("torchvision") }
            #expect(
                found.map {
                    Published(
                        network: network, entry: $0.name, url: $0.url, preprocessing: $0.preprocessing,
                        accuracy: $0.accuracy)
                } == expected, "\(network)")
            #expect(found.allSatisfy { $0.url.hasSuffix("-\($0.sha256Prefix).pth") })
        }
    }

    /// torchvision states multiply-adds as `_ops`, in units of 10^9, at the size of the weights' crop.
    @Test func `multiply-adds are torchvision's`() throws {
        for words in try lines("torchvision_weights.txt") {
            let crop = try #require(Int(words[4]))
            let count = try Summary(graph(words[0], size: crop)).multiplyAdds
            #expect(abs(Double(count) / 1e9 - (try #require(Double(words[13])))) <= 0.0006, "\(words[0])")
        }
    }

    /// Former names are understood, and what helped training only is passed over.
    @Test(arguments: [
        (
            "densenet121", "features.denseblock1.denselayer2.norm.1.running_mean",
            "features.denseblock1.denselayer2.norm1.running_mean"
        ),
        (
            "densenet121", "features.denseblock4.denselayer16.conv.2.weight",
            "features.denseblock4.denselayer16.conv2.weight"
        ),
        ("densenet121", "features.transition1.norm.weight", "features.transition1.norm.weight"),
        ("densenet121", "features.norm0.num_batches_tracked", nil),
        ("googlenet", "aux1.conv.conv.weight", nil), ("googlenet", "aux2.fc1.bias", nil),
        ("googlenet", "inception4a.branch2.1.bn.num_batches_tracked", nil),
        (
            "swin_t", "layers.2.blocks.5.attn.relative_position_bias_table",
            "features.5.5.attn.relative_position_bias_table"
        ),
        ("swin_t", "layers.1.downsample.reduction.weight", "features.2.reduction.weight"),
        ("swin_t", "layers.0.blocks.1.mlp.fc2.bias", "features.1.1.mlp.3.bias"),
        ("swin_t", "patch_embed.norm.bias", "features.0.2.bias"), ("swin_t", "head.fc.weight", "head.weight"),
        ("swin_t", "features.1.0.attn.relative_position_index", nil),
        ("vit_small_patch14_reg4_dinov2", "reg_token", "reg_token"),
        ("dinov2_vits14_reg", "reg_token", "register_tokens"),
        ("inception_v3", "AuxLogits.conv1.bn.weight", nil), ("inception_v3", "fc.weight", "fc.weight"),
    ])
    func `names in published files`(network: String, name: String, expected: String?) throws {
        #expect(try Registry.builtIn().backbone(network).parameterName(forCheckpointName: name) == expected)
    }

    private func published(_ words: [String]) throws -> Published {
        func numbers(_ range: Range<Int>) -> [Float] { words[range].compactMap { Float($0) } }
        var preprocessing = Preprocessing(
            resize: try #require(Int(words[3])), crop: try #require(Int(words[4])),
            interpolation: try #require(Preprocessing.Interpolation(rawValue: words[5])), mean: numbers(6..<9),
            std: numbers(9..<12))
        if ["googlenet", "inception_v3"].contains(words[0]) {
            // `transform_input`: x * (std / 0.5) + (mean - 0.5) / 0.5, of x = (level - mean) / std.
            let (means, deviations) = (words[6..<9].compactMap { Double($0) }, words[9..<12].compactMap { Double($0) })
            preprocessing.mean = zip(means, deviations).map { mean, deviation in
                // The level that it takes to 0.
                Float(mean - deviation * ((mean - 0.5) / 0.5) / (deviation / 0.5))
            }
            preprocessing.std = deviations.map { Float($0 / ($0 / 0.5)) }
        }
        return Published(
            network: words[0], entry: words[1], url: words[2], preprocessing: preprocessing,
            accuracy: try #require(Double(words[12])))
    }

    private func graph(_ name: String, size: Int? = nil) throws -> Graph {
        let registry = try Registry.builtIn()
        let backbone = try registry.backbone(name)
        return try Model(
            backbone: backbone, pooling: backbone.publishedPooling,
            head: registry.head("linear", options: Options(), for: backbone), classes: 1000
        ).graph(imageSize: size.map { Extent($0) })
    }

    private func lines(_ file: String) throws -> [[String]] {
        try String(contentsOfFile: Fixtures.path("models/\(file)"), encoding: .utf8).split(separator: "\n")
            .map { $0.split(separator: " ").map(String.init) }
    }

    /// FNV-1a, 64 bits.
    private func fnv(_ text: String) -> String {
        let hash = text.utf8.reduce(0xCBF2_9CE4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
        let digits = String(hash, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
