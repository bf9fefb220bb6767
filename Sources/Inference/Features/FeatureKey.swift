import Weights
import Zoo

/// What features depend on beside the picture. Kernels of another instruction set round differently, so they count too.
struct FeatureKey: Sendable {
    /// 32 hexadecimal digits: the name of the folder that rows of this key are kept in.
    let name: String

    /// Raised whenever pictures or layers are computed differently than before.
    private static let version = 1

    init(
        prefix: Graph, weightsSHA256: String, preprocessing: Preprocessing, kernels: String,
        quantization: Quantization? = nil
    ) {
        var text = "graft features \(Self.version)\n\(kernels)\n\(weightsSHA256)\n"
        text += "\(preprocessing.resize) \(preprocessing.crop) \(preprocessing.interpolation.rawValue)\n"
        text += "\(preprocessing.mean) \(preprocessing.std)\n\(prefix.inputShape)\n"
        // Rows from before there was a choice are of values taken as they are.
        if preprocessing.color != .asIs { text += "\(preprocessing.color.rawValue)\n" }
        for (key, range) in (quantization?.ranges ?? [:]).sorted(by: { $0.key < $1.key }) {
            text += "\(key) \(range.scale) \(range.zero)\n"
        }
        if let floats = quantization?.floatLayers { text += "\(floats.sorted())\n" }
        for node in prefix.nodes {
            text += "\(node.name) \(node.operation) \(node.inputs) \(node.parameters.map(\.name))\n"
        }
        name = String(Hash.sha256(text).prefix(32))
    }
}
