public import Zoo

/// A format that Graft writes, named by a file's ending.
public enum ModelFormat: String, Sendable, Hashable, CaseIterable {
    /// Graft's own.
    case npz
    /// Hugging Face's.
    case safetensors
    /// PyTorch's.
    case pth
    /// The Open Neural Network Exchange: a network that runs elsewhere. Graft does not read it.
    case onnx

    /// The format that a path's ending names; `.pt` is `.pth`.
    /// - Throws: `GraftError.format` for another ending.
    public init(path: String) throws(GraftError) {
        let ending = path.split(separator: "/").last?.split(separator: ".").dropFirst().last.map { $0.lowercased() }
        guard let ending, let format = ModelFormat(rawValue: ending == "pt" ? "pth" : ending) else {
            throw GraftError(
                .format, "cannot tell the format to write", file: path,
                expected: "a name that ends in .npz, .safetensors, .pth or .onnx")
        }
        self = format
    }

    /// - Throws: `GraftError.format` for a name that a Graft model cannot have.
    public static func requireModelFile(_ path: String) throws(GraftError) {
        guard try ModelFormat(path: path) == .npz else {
            throw GraftError(.format, "a model file is an .npz", file: path, expected: "a name that ends in .npz")
        }
    }
}
